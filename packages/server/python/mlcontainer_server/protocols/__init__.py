"""One module a protocol. Each has `routes(service)`, which gives paths, methods and endpoints."""
