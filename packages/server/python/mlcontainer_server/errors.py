"""Failures with a place in the protocol: what a client, an adapter or an operator did wrong."""

from __future__ import annotations

from collections.abc import Sequence

Header = tuple[bytes, bytes]


class RequestError(Exception):
    """A request that gets an error answer: `{"error": {"code", "message"}}`."""

    def __init__(
        self, status: int, code: str, message: str, headers: Sequence[Header] = ()
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = tuple(headers)


class BadInput(RequestError):  # noqa: N818 - the name is part of the adapter contract
    """Raised by adapters and handlers when the instances, not the model, are at fault.

    The client gets status 400 with this message, so it should name the instance and what was expected.
    """

    def __init__(self, message: str, code: str = "bad-input") -> None:
        super().__init__(400, code, message)


class StartError(Exception):
    """The server cannot start; `exit_code` is 2 for its settings, 3 for the model."""

    def __init__(self, code: str, message: str, exit_code: int = 3) -> None:
        super().__init__(message)
        self.code = code
        self.exit_code = exit_code
