"""The inference server inside mlcontainer images: a raw ASGI application on uvicorn."""

__version__ = "0.1.0"
