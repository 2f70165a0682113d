"""One HTTP/1.1 connection: uvicorn's httptools protocol with the limits it lacks.

uvicorn waits without end for a request's headers and body, and holds headers of any size. Here both are
bounded, and requests that never reach the application are answered with the same JSON errors.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.server import ServerState

from .config import Limits
from .http import CLOSE, Message, error_body

#: Beyond the limit of the body, so many bytes of an already refused body are read and thrown away.
_DISCARD = 1024 * 1024
#: Seconds in which the first request of a connection is still expected while the server ends.
_FIRST_REQUEST = 0.5


_UPGRADE = re.compile(rb"\r\nupgrade[ \t]*:[^\r\n]*", re.IGNORECASE)


def without_upgrade(data: bytes) -> bytes:
    """The start of a request without its offer to speak another protocol, which a server may ignore (RFC 9110, 7.8).

    Java's HTTP client offers `Upgrade: h2c` with every first request; the parser would drop the body after it.
    """
    head, end, body = data.partition(b"\r\n\r\n")
    return _UPGRADE.sub(b"", head) + end + body


class Cycle(RequestResponseCycle):
    """Writes a whole answer at once: one system call and one packet, where uvicorn makes two of each."""

    start: Message | None = None

    async def send(self, message: Message) -> None:  # type: ignore[override]
        """Hold the head back until the body comes."""
        if message["type"] == "http.response.start" and not self.response_started:
            self.start = message
            self.response_started = True
            return
        start, self.start = self.start, None
        if start is None:
            await super().send(message)  # type: ignore[arg-type]
        elif message.get("more_body", False) or self.scope["method"] == "HEAD":
            self.response_started = False
            await super().send(start)  # type: ignore[arg-type]
            await super().send(message)  # type: ignore[arg-type]
        else:
            await self._send_whole(start, message.get("body", b""))

    async def _send_whole(self, start: Message, body: bytes) -> None:
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        headers = [*self.default_headers, *start["headers"]]
        if CLOSE in headers:
            self.keep_alive = False
        elif not self.keep_alive:
            headers.append(CLOSE)
        lines = [STATUS_LINE[start["status"]]]
        for name, value in headers:
            lines += (name, b": ", value, b"\r\n")
        self.transport.write(b"".join((*lines, b"\r\n", body)))
        self.response_complete = True
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()


class Connection(HttpToolsProtocol):
    """Knows when its current request must have arrived; `expire` is called by the server's clock."""

    limits = Limits()

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        #: Loop time at which what is being received must be here; 0 while nothing is.
        self.deadline = 0.0
        self.born = 0.0
        self.in_head = False
        self.in_body = False
        self.received = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Refuse what is one connection too many."""
        super().connection_made(transport)
        self.born = self.loop.time()
        self.deadline = self.loop.time() + self.limits.receipt_seconds
        if len(self.connections) > self.limits.connections:
            self._refuse(503, "overloaded", "Too many connections.")

    def data_received(self, data: bytes) -> None:
        """Count bytes while parsing."""
        if self.transport.is_closing():
            return
        if not self.deadline:
            self.deadline = self.loop.time() + self.limits.header_seconds
        if not self.in_body and b"pgrade" in data:
            data = without_upgrade(data)
        super().data_received(data)
        self.received += len(data)
        if self.in_head and self.received > self.limits.header_bytes:
            self._refuse(431, "headers-too-large", "The headers are too large.")
        elif self.received > self.limits.body_bytes + self.limits.header_bytes + _DISCARD:
            self.transport.close()

    def on_message_begin(self) -> None:
        """A request starts, and its clock."""
        super().on_message_begin()
        self.in_head = True
        self.received = 0
        self.deadline = self.loop.time() + self.limits.header_seconds

    def on_headers_complete(self) -> None:
        """The head is here; the body has its own time."""
        self.in_head = False
        self.in_body = True
        self.received = 0
        self.deadline += self.limits.receipt_seconds - self.limits.header_seconds
        super().on_headers_complete()
        self.cycle.__class__ = Cycle

    def on_message_complete(self) -> None:
        """The request is here; whoever was answered before that has to send the next one soon."""
        super().on_message_complete()
        self.in_body = False
        answered = self.cycle.response_complete
        self.received = 0
        self.deadline = self.loop.time() + self.limits.receipt_seconds if answered else 0.0

    def expire(self) -> None:
        """The deadline passed."""
        waiting = self.cycle is None or self.cycle.response_complete
        if waiting and not self.in_head:
            self.transport.close()
        else:
            self._refuse(408, "request-timeout", "The request did not arrive in time.")

    def shutdown(self) -> None:
        """Close when nothing is under way: no request, and no first one that a new connection was made for."""
        expected = self.cycle is None and self.loop.time() < self.born + _FIRST_REQUEST
        if expected or self.in_head:
            return
        super().shutdown()

    def _idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP."""
        self._refuse(400, "bad-http", msg)

    def _refuse(self, status: int, code: str, message: str) -> None:
        """Answer in place of the application, if nothing was answered yet, and close."""
        started = self.cycle is not None and self.cycle.response_started
        if not started or self._idle():
            body = error_body(code, message)
            head = (
                b"content-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
            )
            self.transport.write(STATUS_LINE[status] + head % len(body) + body)
        if self.cycle is not None:
            # What the application still sends for this request goes nowhere.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()
