"""The route table: exact paths to endpoints by method."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from .errors import RequestError
from .http import Receive, Scope, Send

Endpoint = Callable[[Scope, Receive, Send], Awaitable[None]]
#: Endpoints by method, by exact path.
Routes = Mapping[str, Mapping[str, Endpoint]]

_MAX_ECHO = 200


def join(tables: list[Routes]) -> dict[str, dict[str, Endpoint]]:
    """One table of all protocols; ValueError when two want the same path and method."""
    joined: dict[str, dict[str, Endpoint]] = {}
    for table in tables:
        for path, methods in table.items():
            known = joined.setdefault(path, {})
            if twice := known.keys() & methods.keys():
                raise ValueError(f"{path} is routed twice for {', '.join(sorted(twice))}")
            known.update(methods)
    for methods in joined.values():
        if "GET" in methods:
            methods.setdefault("HEAD", methods["GET"])
    return joined


def find(routes: Routes, path: str, method: str) -> Endpoint:
    """The endpoint; RequestError 404 or 405."""
    methods = routes.get(path)
    if methods is None:
        raise RequestError(404, "not-found", f"There is nothing at {path[:_MAX_ECHO]}.")
    endpoint = methods.get(method)
    if endpoint is None:
        allowed = ", ".join(sorted(methods))
        raise RequestError(
            405,
            "method-not-allowed",
            f"{path} answers {allowed}, not {method[:_MAX_ECHO]}.",
            [(b"allow", allowed.encode())],
        )
    return endpoint
