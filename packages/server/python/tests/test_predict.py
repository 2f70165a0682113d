"""Every bad input is the client's fault: 4xx with a stable code, never 5xx, and the server lives on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from .support import SCHEMA, Server, serving

JSON = {"Content-Type": "application/json"}
LIMITS = {"bodyBytes": 100_000, "jsonDepth": 20}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    value = {"module": "sample_adapter", "settings": {"width": 3}}
    with serving(folder, adapter=value, limits=LIMITS, schema=SCHEMA) as running:
        yield running


def post(server: Server, body: bytes, headers: dict[str, str] | None = None) -> tuple[int, Any]:
    status, _, answer = server.call("POST", "/predict", body, JSON if headers is None else headers)
    return status, answer


def test_answers_one_prediction_an_instance(server: Server):
    assert server.predict({"instances": [[1, 2, 3], [0.5, 0, 0]]}) == (
        200,
        {"predictions": [6.0, 0.5]},
    )


def test_takes_a_bare_list_and_null_parameters(server: Server):
    assert server.predict([[1, 2, 3]]) == (200, {"predictions": [6.0]})
    assert server.predict({"instances": [[1, 2, 3]], "parameters": None})[0] == 200


GOOD_TYPES = [
    None,
    "application/json",
    "Application/JSON",
    "application/json; charset=UTF-8",
    'application/json;charset="utf-8"',
    "text/json",
    "application/vnd.api+json",
]


@pytest.mark.parametrize("kind", GOOD_TYPES)
def test_takes_json_by_any_of_its_names(server: Server, kind: str | None):
    headers = {} if kind is None else {"Content-Type": kind}
    assert post(server, b"[[1,2,3]]", headers)[0] == 200


DEEP = b"[" * 21 + b"]" * 21
BAD: list[tuple[str, bytes, int, str]] = [
    ("empty", b"", 400, "invalid-json"),
    ("spaces", b"   ", 400, "invalid-json"),
    ("not json", b"instances=1", 400, "invalid-json"),
    ("cut", b'{"instances": [[1, 2', 400, "invalid-json"),
    ("trailing comma", b"[[1,2,3],]", 400, "invalid-json"),
    ("two documents", b"[[1,2,3]] []", 400, "invalid-json"),
    ("comment", b"[[1,2,3]] // x", 400, "invalid-json"),
    ("NaN", b"[[NaN,2,3]]", 400, "invalid-json"),
    ("Infinity", b"[[Infinity,2,3]]", 400, "invalid-json"),
    ("-Infinity", b"[[-Infinity,2,3]]", 400, "invalid-json"),
    ("number beyond a double", b"[[1e999,2,3]]", 400, "invalid-json"),
    ("5000 digits", b"[[" + b"9" * 5000 + b",2,3]]", 400, "invalid-json"),
    ("lone surrogate", b'[["\\ud800",2,3]]', 400, "invalid-json"),
    ("not UTF-8", b'[["\xff",2,3]]', 400, "invalid-json"),
    ("UTF-16", "[[1,2,3]]".encode("utf-16"), 400, "invalid-json"),
    ("byte order mark", b"\xef\xbb\xbf[[1,2,3]]", 400, "invalid-json"),
    ("control character", b'[["\x01"]]', 400, "invalid-json"),
    ("NUL", b"\x00", 400, "invalid-json"),
    ("single quotes", b"{'instances': []}", 400, "invalid-json"),
    ("too deep", DEEP, 400, "json-too-deep"),
    ("much too deep", b"[" * 40_000 + b"]" * 40_000, 400, "json-too-deep"),
    ("deep objects", b'{"instances":' + b'{"a":' * 30 + b"1" + b"}" * 31, 400, "json-too-deep"),
    ("text", b'"x"', 400, "invalid-request"),
    ("number", b"1", 400, "invalid-request"),
    ("null", b"null", 400, "invalid-request"),
    ("true", b"true", 400, "invalid-request"),
    ("empty object", b"{}", 400, "invalid-request"),
    ("no instances", b'{"inputs": [[1,2,3]]}', 400, "invalid-request"),
    ("instances null", b'{"instances": null}', 400, "invalid-request"),
    ("instances object", b'{"instances": {"a": 1}}', 400, "invalid-request"),
    ("instances text", b'{"instances": "abc"}', 400, "invalid-request"),
    ("instances empty", b'{"instances": []}', 400, "invalid-request"),
    ("empty list", b"[]", 400, "invalid-request"),
    ("parameters list", b'{"instances": [[1,2,3]], "parameters": []}', 400, "invalid-request"),
    ("unknown key", b'{"instances": [[1,2,3]], "instance": 1}', 400, "invalid-request"),
    ("last of a key counts", b'{"instances": [[1,2,3]], "instances": 1}', 400, "invalid-request"),
    ("ragged", b"[[1,2,3],[1]]", 400, "bad-input"),
    ("too narrow", b"[[1,2]]", 400, "bad-input"),
    ("too wide", b"[[1,2,3,4]]", 400, "bad-input"),
    ("scalars", b"[1,2,3]", 400, "bad-input"),
    ("cubes", b"[[[1],[2],[3]]]", 400, "bad-input"),
    ("words", b'[["a","b","c"]]', 400, "bad-input"),
    ("objects", b'[{"a":1}]', 400, "bad-input"),
    ("mixed", b'[[1,2,3],{"a":1}]', 400, "bad-input"),
    ("empty rows", b"[[],[]]", 400, "bad-input"),
    ("value error", b'{"instances":[[1,2,3]],"parameters":{"raise":"value"}}', 400, "bad-input"),
    ("type error", b'{"instances":[[1,2,3]],"parameters":{"raise":"type"}}', 400, "bad-input"),
    (
        "out of memory",
        b'{"instances":[[1,2,3]],"parameters":{"raise":"memory"}}',
        413,
        "too-many-instances",
    ),
    ("too large", b"[" + b" " * 100_000 + b"]", 413, "body-too-large"),
]


@pytest.mark.parametrize(
    ("body", "status", "code"), [row[1:] for row in BAD], ids=[r[0] for r in BAD]
)
def test_bad_body(server: Server, body: bytes, status: int, code: str):
    found, answer = post(server, body)
    assert (found, answer["error"]["code"]) == (status, code)
    assert answer["error"].keys() == {"code", "message"}
    assert isinstance(answer["error"]["message"], str)
    assert answer["error"]["message"]


BAD_HEADERS = [
    ({"Content-Type": "text/plain"}, "unsupported-media-type"),
    ({"Content-Type": "application/x-www-form-urlencoded"}, "unsupported-media-type"),
    ({"Content-Type": "application/json; charset=utf-16"}, "unsupported-media-type"),
    ({"Content-Type": ""}, "unsupported-media-type"),
    (JSON | {"Content-Encoding": "gzip"}, "unsupported-content-encoding"),
    (JSON | {"Content-Encoding": "br"}, "unsupported-content-encoding"),
]


@pytest.mark.parametrize(("headers", "code"), BAD_HEADERS)
def test_bad_headers(server: Server, headers: dict[str, str], code: str):
    status, answer = post(server, b"[[1,2,3]]", headers)
    assert (status, answer["error"]["code"]) == (415, code)


def test_identity_is_an_encoding(server: Server):
    assert post(server, b"[[1,2,3]]", JSON | {"Content-Encoding": "identity"})[0] == 200


@pytest.mark.parametrize("path", ["/nothing", "/predict/", "/v2/health", "//", "/%2e%2e/etc", "/ä"])
def test_unknown_path(server: Server, path: str):
    from urllib.parse import quote

    status, _, answer = server.call("GET", quote(path, safe="/%"))
    assert (status, answer["error"]["code"]) == (404, "not-found")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/predict", "POST"),
        ("PUT", "/predict", "POST"),
        ("DELETE", "/", "GET, HEAD"),
        ("POST", "/v2/health/ready", "GET, HEAD"),
        ("OPTIONS", "/predict", "POST"),
        ("TRACE", "/", "GET, HEAD"),
    ],
)
def test_wrong_method(server: Server, method: str, path: str, allow: str):
    status, headers, answer = server.call(method, path)
    assert (status, answer["error"]["code"]) == (405, "method-not-allowed")
    assert headers["allow"] == allow


def test_health(server: Server):
    assert server.call("GET", "/")[::2] == (200, {"status": "alive"})
    assert server.call("GET", "/v2/health/live")[::2] == (200, {"live": True})
    assert server.call("GET", "/v2/health/ready")[::2] == (200, {"ready": True})
    assert server.call("HEAD", "/v2/health/ready")[::2] == (200, None)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ("nan", [None, None]),
        ("inf", [None, None]),
        ("text", ["a", "a"]),
        ("objects", [{"a": 1.5}, {"a": 1.5}]),
        ("fortran", [[0.0, 1.0], [2.0, 3.0]]),
        ("ints", [0, 1]),
    ],
)
def test_writes_what_models_give(server: Server, made: str, expected: list[Any]):
    body = {"instances": [[1, 2, 3], [1, 2, 3]], "parameters": {"make": made}}
    assert server.predict(body) == (200, {"predictions": expected})


@pytest.mark.parametrize("made", ["complex", "short", "none"])
def test_a_model_that_misbehaves_is_the_servers_fault(server: Server, made: str):
    body = {"instances": [[1, 2, 3], [1, 2, 3]], "parameters": {"make": made}}
    status, answer = server.predict(body)
    assert (status, answer["error"]["code"]) == (500, "prediction-failed")
    assert "complex" not in answer["error"]["message"]


def test_a_broken_model_says_why_in_the_log_alone(server: Server):
    body = {"instances": [[1, 2, 3]], "parameters": {"raise": "secret"}}
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = JSON | {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    status, _, answer = server.call("POST", "/predict", json.dumps(body), headers)
    assert (status, answer["error"]["message"]) == (500, "The prediction failed.")
    line = server.wait_log("as asked")
    assert line["severity"] == "ERROR"
    assert "RuntimeError" in line["stack_trace"]
    assert line["logging.googleapis.com/trace"] == trace
    assert line["logging.googleapis.com/spanId"] == "00f067aa0ba902b7"
    assert line["logging.googleapis.com/trace_sampled"] is True


def test_floats_survive_to_the_last_bit(server: Server):
    values = [[0.1, 0.2, 0.0], [1e-308, 5e-324, 0.0], [1 / 3, 2 / 3, 1e16]]
    status, answer = server.predict(values)
    assert status == 200
    assert answer["predictions"] == [sum(row) for row in values]
