"""Which trace a request belongs to, so that its log lines are found with it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any

#: The ASGI scope of the request being answered; read only when something is logged.
current_scope: ContextVar[dict[str, Any] | None] = ContextVar("current_scope", default=None)

# W3C Trace Context, section 3.2; Google's older header is `TRACE/SPAN;o=1` with a decimal span.
_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?")
_CLOUD_TRACE = re.compile(rb"([0-9a-fA-F]{32})(?:/([0-9]{1,20}))?(?:;o=([01]))?")
_PREFIX = "logging.googleapis.com/"


def _fields(trace: bytes, span: str, sampled: bool) -> dict[str, Any]:
    fields: dict[str, Any] = {f"{_PREFIX}trace": trace.decode().lower()}
    if span:
        fields[f"{_PREFIX}spanId"] = span
    fields[f"{_PREFIX}trace_sampled"] = sampled
    return fields


def _of_traceparent(value: bytes) -> dict[str, Any] | None:
    match = _TRACEPARENT.fullmatch(value.strip())
    if match is None or value.startswith(b"ff") or not match[1].strip(b"0"):
        return None
    return _fields(match[1], match[2].decode(), bool(int(match[3], 16) & 1))


def _of_cloud_trace(value: bytes) -> dict[str, Any] | None:
    match = _CLOUD_TRACE.fullmatch(value.strip())
    if match is None:
        return None
    span = f"{int(match[2]) & (2**64 - 1):016x}" if match[2] else ""
    return _fields(match[1], span, match[3] == b"1")


def trace_fields(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, Any]:
    """Fields that Cloud Logging lifts into the entry; empty without a valid trace header."""
    found = dict(headers)
    for name, read in (
        (b"traceparent", _of_traceparent),
        (b"x-cloud-trace-context", _of_cloud_trace),
    ):
        fields = read(found[name]) if name in found else None
        if fields is not None:
            return fields
    return {}
