"""The settings of `server.json`, checked completely before anything starts."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from .errors import StartError

DEFAULT_PATH = "/opt/mlcontainer/server.json"
Execution = Literal["auto", "inline", "thread"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may ask of the server. Sizes in bytes, times in seconds."""

    #: The largest request body; Cloud Run lets 32 MiB through.
    body_bytes: int = 32 * 1024 * 1024
    #: All bodies being received or predicted, together.
    inflight_bytes: int = 256 * 1024 * 1024
    json_depth: int = 64
    header_bytes: int = 64 * 1024
    #: From the first byte of a request to the end of its headers.
    header_seconds: float = 10.0
    #: From the first byte of a request to the end of its body.
    receipt_seconds: float = 30.0
    #: Predictions accepted and not yet answered; more get 503.
    concurrency: int = 256
    connections: int = 4096
    #: Longer than the 600 s after which Google's load balancers drop an idle connection themselves.
    keep_alive_seconds: float = 620.0


@dataclass(frozen=True, slots=True)
class Drain:
    """How the server ends, in seconds. Cloud Run kills 10 s after SIGTERM."""

    #: New requests are still taken so long after the signal, each with `Connection: close`.
    linger_seconds: float = 0.2
    #: In-flight requests may finish until so long after the signal.
    seconds: float = 8.0


@dataclass(frozen=True, slots=True)
class ModelFile:
    """The model as the build left it."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Settings:
    """Everything that `server.json` and the environment say."""

    name: str
    model: ModelFile
    adapter_module: str
    adapter_settings: dict[str, Any]
    handler: str | None = None
    schema: dict[str, Any] | None = None
    host: str = "0.0.0.0"  # noqa: S104 - a container listens on every address of its own
    port: int = 8080
    workers: int = 1
    #: Where predictions run; `auto` keeps fast ones on the event loop.
    execution: Execution = "auto"
    threads: int = 1
    limits: Limits = field(default_factory=Limits)
    drain: Drain = field(default_factory=Drain)
    log_level: str = "INFO"
    #: The share of requests that get an access log line, 0 to 1.
    access_log: float = 0.0


LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_MISSING = object()


class _Reader:
    """Takes checked values out of one JSON object and collects every problem."""

    def __init__(self, value: Any, where: str, problems: list[str]) -> None:
        self.where = where
        self.problems = problems
        self.value: dict[str, Any] = value if isinstance(value, dict) else {}
        if not isinstance(value, dict):
            problems.append(f"{where or 'the file'}: an object is expected")
        self.known: set[str] = set()

    def take(
        self, key: str, accept: Callable[[Any], bool], expected: str, default: Any = _MISSING
    ) -> Any:
        self.known.add(key)
        value = self.value.get(key, default)
        if value is default and default is not _MISSING:
            return default
        if value is _MISSING or not accept(value):
            self.problems.append(f"{self.where}{key}: {expected} is expected")
            return default
        return value

    def nested(self, key: str) -> _Reader:
        self.known.add(key)
        return _Reader(self.value.get(key, {}), f"{self.where}{key}.", self.problems)

    def finish(self) -> None:
        extra = sorted(set(self.value) - self.known)
        self.problems.extend(f"{self.where}{key}: unknown setting" for key in extra)


def _text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _whole(low: int, high: int) -> Callable[[Any], bool]:
    return lambda v: isinstance(v, int) and not isinstance(v, bool) and low <= v <= high


def _number(value: Any, low: float = 0.0, high: float = 1e9) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def _numbers(kind: type[Any], reader: _Reader) -> Any:
    """Fill a dataclass of numbers whose JSON names are its own in camel case."""
    values: dict[str, Any] = {}
    for item in fields(kind):
        accept = _whole(1, 2**53) if isinstance(item.default, int) else _number
        values[item.name] = reader.take(_camel(item.name), accept, "a number", item.default)
    reader.finish()
    return kind(**values)


def _model(reader: _Reader) -> ModelFile:
    path = reader.take("path", _text, "a path")
    sha256 = reader.take("sha256", _is_sha256, "64 hexadecimal digits")
    size = reader.take("size", _whole(0, 2**62), "a size in bytes")
    reader.finish()
    return ModelFile(path, sha256, size)


def _is_sha256(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 64 and not set(value) - set("0123456789abcdef")  # noqa: PLR2004


def _from_environment(value: dict[str, Any], environ: Mapping[str, str]) -> None:
    """Lay the variables over the file; what does not parse is left as text, which the checks refuse."""
    names: dict[str, tuple[str, Callable[[str], Any]]] = {
        "PORT": ("port", int),
        "MLCONTAINER_HOST": ("host", str),
        "MLCONTAINER_WORKERS": ("workers", int),
        "MLCONTAINER_LOG_LEVEL": ("logLevel", str.upper),
        "MLCONTAINER_ACCESS_LOG": ("accessLog", float),
    }
    for variable, (key, parse) in names.items():
        text = environ.get(variable, "")
        if text == "":
            continue
        try:
            value[key] = parse(text)
        except ValueError:
            value[key] = text


def parse(value: Any, environ: Mapping[str, str]) -> Settings:
    """Check a parsed `server.json`; StartError lists every problem at once."""
    problems: list[str] = []
    value = dict(value) if isinstance(value, dict) else value
    if isinstance(value, dict):
        _from_environment(value, environ)
    reader = _Reader(value, "", problems)
    adapter = reader.nested("adapter")
    settings = Settings(
        name=reader.take("name", _text, "a name"),
        model=_model(reader.nested("model")),
        adapter_module=adapter.take("module", _text, "an import path"),
        adapter_settings=adapter.take("settings", lambda v: isinstance(v, dict), "an object", {}),
        handler=reader.take("handler", _text, "a path or null", None),
        schema=reader.take("schema", lambda v: isinstance(v, dict), "an object or null", None),
        host=reader.take("host", _text, "an address", Settings.host),
        port=reader.take("port", _whole(0, 65535), "a port", Settings.port),
        workers=reader.take("workers", _whole(1, 1024), "a count from 1", Settings.workers),
        execution=reader.take(
            "execution",
            lambda v: v in ("auto", "inline", "thread"),
            "auto, inline or thread",
            "auto",
        ),
        threads=reader.take("threads", _whole(1, 1024), "a count from 1", Settings.threads),
        limits=_numbers(Limits, reader.nested("limits")),
        drain=_numbers(Drain, reader.nested("drain")),
        log_level=reader.take(
            "logLevel", lambda v: v in LOG_LEVELS, " or ".join(LOG_LEVELS), "INFO"
        ),
        access_log=reader.take("accessLog", lambda v: _number(v, 0, 1), "0 to 1", 0.0),
    )
    adapter.finish()
    reader.finish()
    if problems:
        raise StartError("settings", "; ".join(problems), 2)
    return settings


def read(environ: Mapping[str, str]) -> Settings:
    """Read the file that MLCONTAINER_SERVER_CONFIG names, or the image's own."""
    path = environ.get("MLCONTAINER_SERVER_CONFIG") or DEFAULT_PATH
    try:
        value = json.loads(Path(path).read_bytes())
    except OSError as error:
        raise StartError("settings", f"{path} cannot be read: {error.strerror}", 2) from error
    except ValueError as error:
        raise StartError("settings", f"{path} is not JSON: {error}", 2) from error
    return parse(value, environ)
