"""Small parts by themselves."""

from __future__ import annotations

import json
import logging
import math
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as given_settings
from hypothesis import strategies as st

from mlcontainer_server import cpus, deferred
from mlcontainer_server.config import parse
from mlcontainer_server.errors import RequestError, StartError
from mlcontainer_server.jsonio import decode, encode
from mlcontainer_server.log import JsonFormatter
from mlcontainer_server.protocols.predict import parse as parse_predict
from mlcontainer_server.routing import join
from mlcontainer_server.schedule import Scheduler
from mlcontainer_server.trace import current_scope, trace_fields
from mlcontainer_server.warmup import zeros

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | FLOATS | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=40,
)


def depth_of(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    return 1 + max(map(depth_of, value), default=0) if isinstance(value, list) else 0


@given(VALUES, st.integers(1, 12))
def test_depth_is_counted_exactly(value: Any, limit: int):
    body = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    try:
        found = decode(body, limit)
    except RequestError as error:
        assert error.code == ("json-too-deep" if depth_of(value) > limit else "invalid-json")
    else:
        assert depth_of(value) <= limit
        assert found == value


@given(st.binary(max_size=200))
@given_settings(max_examples=500)
def test_any_bytes_are_a_value_or_the_clients_fault(body: bytes):
    try:
        instances, parameters = parse_predict(decode(body, 64))
    except RequestError as error:
        assert error.status == 400
    else:
        assert instances
        assert isinstance(parameters, dict)


@given(VALUES)
def test_values_survive_a_round_trip(value: Any):
    try:
        data = encode(value)
    except TypeError:
        assert "\\ud" in json.dumps(value)
    else:
        assert decode(data, 1000) == value


def test_keys_that_are_not_text():
    assert encode({1: math.inf, 2.5: {3}}) == b'{"1":null,"2.5":[3]}'


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"cpu.max": "max 100000"}, None),
        ({"cpu.max": "150000 100000"}, 1.5),
        ({"cpu.max": "nonsense"}, None),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, None),
        ({"cpu/cpu.cfs_quota_us": "50000", "cpu/cpu.cfs_period_us": "100000"}, 0.5),
        ({"cpu/cpu.cfs_quota_us": "50000", "cpu/cpu.cfs_period_us": "0"}, None),
        ({}, None),
    ],
)
def test_cpu_quota(tmp_path: Path, files: dict[str, str], expected: float | None):
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text + "\n")
    assert cpus.quota(tmp_path) == expected
    assert 1 <= cpus.available(tmp_path) <= max(1, math.ceil(expected or 1000))


def test_thread_counts_that_somebody_set_stay():
    environ = {"OMP_NUM_THREADS": "7"}
    cpus.limit_threads(environ, workers=2, cpus=8)
    assert environ == {"OMP_NUM_THREADS": "7", "OPENBLAS_NUM_THREADS": "4", "MKL_NUM_THREADS": "4"}


TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("traceparent", f"00-{TRACE}-00f067aa0ba902b7-01", (TRACE, "00f067aa0ba902b7", True)),
        ("traceparent", f"00-{TRACE}-00f067aa0ba902b7-00", (TRACE, "00f067aa0ba902b7", False)),
        ("traceparent", f"cc-{TRACE}-00f067aa0ba902b7-01-more", (TRACE, "00f067aa0ba902b7", True)),
        ("traceparent", f"ff-{TRACE}-00f067aa0ba902b7-01", None),
        ("traceparent", f"00-{'0' * 32}-00f067aa0ba902b7-01", None),
        ("traceparent", f"00-{TRACE.upper()}-00f067aa0ba902b7-01", None),
        ("traceparent", "nonsense", None),
        ("x-cloud-trace-context", f"{TRACE}/255;o=1", (TRACE, "00000000000000ff", True)),
        ("x-cloud-trace-context", TRACE, (TRACE, None, False)),
        ("x-cloud-trace-context", f"{TRACE}/x", None),
    ],
)
def test_trace_headers(name: str, value: str, expected: tuple[Any, ...] | None):
    found = trace_fields([(name.encode(), value.encode())])
    prefix = "logging.googleapis.com/"
    keys = [f"{prefix}trace", f"{prefix}spanId", f"{prefix}trace_sampled"]
    assert found == (
        {}
        if expected is None
        else {k: v for k, v in zip(keys, expected, strict=True) if v is not None}
    )


@given(st.text(), st.dictionaries(st.text(), st.text() | st.floats() | st.integers()))
def test_every_log_line_is_one_json_object(message: str, fields: dict[str, Any]):
    record = logging.LogRecord("x", logging.INFO, "", 1, "%s", (message,), None)
    record.fields = fields
    line = JsonFormatter().format(record)
    assert "\n" not in line
    assert isinstance(json.loads(line), dict)


def test_a_broken_format_still_gives_a_line():
    record = logging.LogRecord("x", logging.INFO, "", 1, "%d", ("no number",), None)
    token = current_scope.set({"headers": [(b"traceparent", b"\xff")]})
    assert json.loads(JsonFormatter().format(record))["message"] == "%d"
    current_scope.reset(token)


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ([{"name": "a", "datatype": "FP64", "shape": [-1, 3]}], [[0.0, 0.0, 0.0]]),
        ([{"name": "a", "datatype": "INT64", "shape": [-1]}], [0]),
        ([{"name": "a", "datatype": "BYTES", "shape": [-1, -1]}], [[""]]),
        ([{"name": "a", "datatype": "BOOL", "shape": [-1, 2, 1]}], [[[False], [False]]]),
        (
            [
                {"name": "a", "datatype": "FP32", "shape": [-1]},
                {"name": "b", "datatype": "UINT8", "shape": [-1, 2]},
            ],
            [{"a": 0.0, "b": [0, 0]}],
        ),
        ([], None),
        ([{"name": "a"}], None),
    ],
)
def test_zeros(inputs: list[Any], expected: Any):
    assert zeros({"inputs": inputs}) == expected
    assert zeros(None) is None


async def _scheduler() -> Scheduler:
    return Scheduler("auto", 1)


def test_predictions_leave_the_event_loop_when_they_are_slow_and_come_back():
    import asyncio

    scheduler = asyncio.run(_scheduler())
    assert not scheduler.inline(100)
    scheduler.observe(0.0001, 100)
    assert scheduler.inline(100)
    assert not scheduler.inline(1_000_000)
    scheduler.observe(5.0, 1_000_000)
    assert scheduler.inline(100)
    for _ in range(20):
        scheduler.observe(0.01, 100)
    assert not scheduler.inline(100)
    for _ in range(60):
        scheduler.observe(0.0001, 100)
    assert scheduler.inline(100)
    for _ in range(2):
        scheduler.small_inline = True
        scheduler.observe(2.0, 100)
    for _ in range(500):
        scheduler.observe(0.0001, 100)
    assert not scheduler.inline(100)


def test_a_path_belongs_to_one_protocol():
    async def endpoint(*_: Any) -> None: ...

    assert join([{"/a": {"GET": endpoint}}, {"/a": {"POST": endpoint}}])["/a"].keys() == {
        "GET",
        "HEAD",
        "POST",
    }
    with pytest.raises(ValueError, match="twice"):
        join([{"/a": {"GET": endpoint}}, {"/a": {"GET": endpoint}}])


@given(VALUES)
def test_settings_of_any_shape_are_refused_or_taken(value: Any):
    with pytest.raises(StartError) as caught:
        parse(value, {"PORT": "x"})
    assert caught.value.exit_code == 2


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "heavy" / "stats"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").write_text("")
    text = """
    from .core import Thing, count, THING
    from . import core
    __version__ = "3"
    def rank(values, *, start=0):
        "Doc."
        return [start + v for v in values]
    """
    (folder / "__init__.py").write_text(textwrap.dedent(text))
    core = """
    LOADS = []
    LOADS.append(1)
    count = lambda: len(LOADS)
    class Thing:
        def name(self): return "thing"
    THING = Thing()
    """
    (folder / "core.py").write_text(textwrap.dedent(core))
    (folder / "other.py").write_text("from .core import Thing")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "heavy"]:
        del sys.modules[name]


def loaded() -> bool:
    return "heavy.stats.core" in sys.modules


def test_deferred_names_are_imported_when_used(package: Path):
    assert deferred.defer("heavy.stats", ["rank", "THING"])
    import heavy.stats  # type: ignore[import-not-found]
    from heavy import stats
    from heavy.stats import THING, rank

    assert not loaded()
    assert not hasattr(stats, "__wrapped__")
    assert rank([1], start=2) == [3]
    assert loaded()
    assert THING.name() == "thing"
    assert heavy.stats.Thing is stats.Thing
    assert stats.__version__ == "3"
    with pytest.raises(AttributeError):
        _ = stats.missing


def test_other_names_import_at_once(package: Path):
    deferred.defer("heavy.stats", ["rank"])
    from heavy.stats import Thing

    assert loaded()
    assert Thing().name() == "thing"


@pytest.mark.parametrize("name", ["core", "other"])
def test_a_submodule_is_executed_once(package: Path, name: str):
    import importlib

    deferred.defer("heavy.stats", ["rank"])
    module = importlib.import_module(f"heavy.stats.{name}")
    real = importlib.import_module("heavy.stats")
    assert module.Thing is real.Thing
    assert real.count() == 1
    assert module.__spec__ is not None
    assert getattr(real, name) is module
    assert importlib.reload(module) is module


def test_nothing_is_deferred_twice_or_from_nowhere(package: Path):
    import importlib

    assert not deferred.defer("heavy.nothing")
    assert deferred.defer("heavy.stats")
    assert not deferred.defer("heavy.stats")
    importlib.import_module("heavy.stats.core")
    assert not deferred.defer("heavy.stats")


def test_one_thread_imports_for_all(package: Path):
    import threading

    deferred.defer("heavy.stats", ["rank", "count"])
    from heavy.stats import count

    results: list[int] = []
    threads = [threading.Thread(target=lambda: results.append(count())) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [1] * 16
