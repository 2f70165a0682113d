"""Bodies in and answers out, on the ASGI messages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

import orjson

from .errors import Header, RequestError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

CLOSE: Header = (b"connection", b"close")
_JSON: Header = (b"content-type", b"application/json")


class ClientGone(Exception):  # noqa: N818 - not an error of ours
    """The client left before its request was complete."""


def header(scope: Scope, name: bytes) -> bytes | None:
    """The first header of that lower-case name."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value)
    return None


async def answer(send: Send, status: int, body: bytes, headers: Sequence[Header] = ()) -> None:
    """Send a whole JSON answer."""
    length = (b"content-length", str(len(body)).encode())
    await send(
        {"type": "http.response.start", "status": status, "headers": [_JSON, length, *headers]}
    )
    await send({"type": "http.response.body", "body": body})


def error_body(code: str, message: str) -> bytes:
    """The one form of every error: `{"error": {"code", "message"}}`."""
    text = message.encode("utf-8", "replace").decode()
    return orjson.dumps({"error": {"code": code, "message": text}})


async def answer_error(send: Send, error: RequestError) -> None:
    """Send an error answer."""
    await answer(send, error.status, error_body(error.code, error.message), error.headers)


def require_json(scope: Scope) -> None:
    """RequestError 415 unless the body is, or may be, UTF-8 JSON as it stands."""
    kind = header(scope, b"content-type")
    if kind is not None and not _is_json(kind):
        raise RequestError(
            415, "unsupported-media-type", "Send the body as Content-Type: application/json."
        )
    coding = header(scope, b"content-encoding")
    if coding is not None and coding.strip().lower() not in (b"", b"identity"):
        raise RequestError(
            415,
            "unsupported-content-encoding",
            "Compressed bodies are not accepted.",
            [(b"accept-encoding", b"identity")],
        )


def _is_json(value: bytes) -> bool:
    if value == b"application/json":
        return True
    kind, _, rest = value.lower().partition(b";")
    kind = kind.strip()
    if kind not in (b"application/json", b"text/json") and not (
        kind.startswith(b"application/") and kind.endswith(b"+json")
    ):
        return False
    charset = rest.partition(b"charset=")[2].partition(b";")[0].strip(b' "')
    return charset in (b"", b"utf-8", b"utf8", b"us-ascii")


class Budget:
    """Bytes of bodies held at this moment, over all requests."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.held = 0

    def take(self, count: int) -> None:
        """Count bytes in; RequestError 503 when there is no room for them."""
        if self.held + count > self.limit:
            raise overloaded("Too many bytes of requests are in flight.")
        self.held += count

    def give(self, count: int) -> None:
        """Count bytes out."""
        self.held -= count


def overloaded(message: str) -> RequestError:
    """The answer of a server that has enough to do."""
    return RequestError(503, "overloaded", message, [(b"retry-after", b"1")])


def _too_large(limit: int) -> RequestError:
    return RequestError(413, "body-too-large", f"The body is larger than {limit} bytes.")


def check_length(scope: Scope, limit: int) -> None:
    """RequestError 413 when the body is announced as too large, before a byte of it is read."""
    length = header(scope, b"content-length")
    if length is not None and length.isdigit() and int(length[:20]) > limit:
        raise _too_large(limit)


async def read_body(receive: Receive, limit: int, budget: Budget) -> bytes:
    """The whole body. The caller gives its length back to the budget when done with it.

    RequestError 413 when it is too large, 503 when all bodies together are; ClientGone when nobody is left to
    answer. How long a body may take is the connection's business (`protocol.py`).
    """
    message = await receive()
    body: bytes = message.get("body", b"")
    if message.get("more_body", False) or message["type"] != "http.request":
        return await _read_parts(message, receive, limit, budget)
    if len(body) > limit:
        raise _too_large(limit)
    budget.take(len(body))
    return body


async def _read_parts(message: Message, receive: Receive, limit: int, budget: Budget) -> bytes:
    body = bytearray()
    try:
        while True:
            if message["type"] != "http.request":
                raise ClientGone
            part = message.get("body", b"")
            budget.take(len(part))
            body += part
            if len(body) > limit:
                raise _too_large(limit)
            if not message.get("more_body", False):
                return bytes(body)
            message = await receive()
    except BaseException:
        budget.give(len(body))
        raise
