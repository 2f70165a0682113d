"""One JSON object a line on standard output, with the keys that Cloud Logging and others lift out."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import orjson

from .trace import current_scope, trace_fields

logger = logging.getLogger("mlcontainer")

_MAX_MESSAGE = 32 * 1024


def event(level: int, message: str, **fields: Any) -> None:
    """Log a message with more keys beside it."""
    logger.log(level, message, extra={"fields": fields}, stacklevel=2)


class JsonFormatter(logging.Formatter):
    """Writes severity, message, time, logger, the fields of the event, and the trace of the request."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever the record holds."""
        entry: dict[str, Any] = {
            "severity": record.levelname,
            "message": _message(record)[:_MAX_MESSAGE],
            "time": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
            "logger": record.name,
        }
        scope = current_scope.get()
        if scope is not None:
            entry.update(trace_fields(scope["headers"]))
        entry.update(getattr(record, "fields", {}))
        if record.exc_info:
            entry["stack_trace"] = self.formatException(record.exc_info)
        return _dump(entry)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # a broken format string of a library must not lose the line
        return str(record.msg)


def _dump(entry: dict[str, Any]) -> str:
    try:
        return orjson.dumps(entry, default=repr, option=orjson.OPT_NON_STR_KEYS).decode()
    except (TypeError, orjson.JSONEncodeError):  # a lone surrogate, say
        return orjson.dumps({key: ascii(value) for key, value in entry.items()}).decode()


class LineHandler(logging.Handler):
    """Writes whole lines to a file descriptor, past Python's buffers, so that a killed process loses none."""

    def __init__(self, descriptor: int = 1) -> None:
        super().__init__()
        self.descriptor = descriptor

    def emit(self, record: logging.LogRecord) -> None:
        """Write the line; a closed standard output must not stop predictions."""
        data = (self.format(record) + "\n").encode("utf-8", "replace")
        with contextlib.suppress(OSError):
            while data:
                data = data[os.write(self.descriptor, data) :]


def _on_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    logger.critical(f"{kind.__name__}: {error}", exc_info=(kind, error, trace))


def _on_thread_uncaught(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        _on_uncaught(args.exc_type, args.exc_value, args.exc_traceback)


def setup(level: str) -> None:
    """Send everything that is logged, warned or not caught to the one place."""
    handler = LineHandler()
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # Its lines about connections come per request, and say nothing that the answer did not.
    logging.getLogger("uvicorn.error").setLevel(max(logging.ERROR, root.level))
    logging.captureWarnings(True)
    sys.excepthook = _on_uncaught
    threading.excepthook = _on_thread_uncaught
