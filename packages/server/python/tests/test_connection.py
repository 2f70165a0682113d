"""Bytes that no HTTP library would send."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator

import pytest

from .support import Server, read_all, read_answer, serving

LIMITS = {
    "bodyBytes": 1_000_000,
    "headerBytes": 20_000,
    "headerSeconds": 1,
    "receiptSeconds": 2,
    "keepAliveSeconds": 3,
    "connections": 40,
    "inflightBytes": 1_500_000,
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server"), limits=LIMITS) as running:
        yield running


def exchange(server: Server, data: bytes) -> bytes:
    """Send, and read until the server closes."""
    with server.raw() as connection:
        connection.sendall(data)
        return read_all(connection)


def request(body: bytes, *headers: str) -> bytes:
    lines = ["POST /predict HTTP/1.1", "Host: x", "Content-Type: application/json", *headers]
    length = f"Content-Length: {len(body)}"
    return "\r\n".join([*lines, length, "", ""]).encode() + body


GOOD = request(b"[[1,2,3]]", "Connection: close")

NOT_HTTP = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GARBAGE\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET / FTP/1.1\r\n\r\n",
    b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost x\r\n\r\n",
    b"GET / HTTP/1.1\r\nA\x01: x\r\n\r\n",
    b"POST /predict HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    b"POST /predict HTTP/1.1\r\nContent-Length: 1x\r\n\r\nab",
    b"POST /predict HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
    b"POST /predict HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /predict HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
]


@pytest.mark.parametrize("data", NOT_HTTP)
def test_what_is_not_http(server: Server, data: bytes):
    answer = exchange(server, data)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'"code":"bad-http"' in answer
    assert exchange(server, GOOD).startswith(b"HTTP/1.1 200 ")


CHUNKED = (
    b"POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
)


@pytest.mark.parametrize(
    ("chunks", "status"),
    [
        (b"9\r\n[[1,2,3]]\r\n0\r\n\r\n", b"200"),
        (b"1\r\n[\r\n8\r\n[1,2,3]]\r\n0\r\n\r\n", b"200"),
        (b"".join(b"1\r\n%c\r\n" % c for c in b"[[1,2,3]]") + b"0\r\nTrailer: x\r\n\r\n", b"200"),
        (b"zz\r\n[[1,2,3]]\r\n0\r\n\r\n", b"400"),
        (b"9\r\n[[1,2,3]]xx0\r\n\r\n", b"400"),
        (b"f4241\r\n" + b" " * 1_000_001 + b"\r\n0\r\n\r\n", b"413"),
    ],
)
def test_chunked_bodies(server: Server, chunks: bytes, status: bytes):
    assert exchange(server, CHUNKED + chunks).startswith(b"HTTP/1.1 " + status)


def test_a_body_announced_too_large_is_refused_before_it_comes(server: Server):
    with server.raw() as connection:
        connection.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 1000001\r\n\r\n")
        assert read_answer(connection)[1]["error"]["code"] == "body-too-large"


def test_a_refused_body_is_read_to_its_end_and_the_connection_stays(server: Server):
    with server.raw() as connection:
        body = b" " * 1_200_000
        connection.sendall(request(body))
        assert read_answer(connection)[0] == 413
        connection.sendall(GOOD)
        assert read_all(connection).startswith(b"HTTP/1.1 200 ")


def test_an_endless_refused_body_is_cut_off(server: Server):
    with server.raw() as connection, contextlib.suppress(ConnectionError):
        connection.sendall(
            b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000000\r\n\r\n"
        )
        for _ in range(2000):
            connection.sendall(b" " * 65536)
        pytest.fail("it took more than 128 MB")


def test_waits_for_100_continue(server: Server):
    with server.raw() as connection:
        data = request(b"", "Expect: 100-continue", "Connection: close")
        connection.sendall(data.replace(b"Content-Length: 0", b"Content-Length: 9"))
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"[[1,2,3]]")
        assert read_all(connection).startswith(b"HTTP/1.1 200 ")


def test_pipelined_requests_are_answered_in_order(server: Server):
    bodies = [b"[[%d,0,0]]" % n for n in range(20)]
    answer = exchange(server, b"".join(map(request, bodies)) + GOOD)
    found = [part.rpartition(b"[")[2][:-1] for part in answer.split(b"]}")[:-1]]
    assert answer.count(b"HTTP/1.1 200 ") == 21
    assert found[:3] == [b"0.", b"1.", b"2."]


def test_an_offer_to_upgrade_is_ignored(server: Server):
    offer = request(
        b"[[1,2,3]]",
        "Connection: Upgrade, HTTP2-Settings",
        "Upgrade: h2c",
        "HTTP2-Settings: AAMAAABk",
    )
    with server.raw() as connection:
        for _ in range(2):
            connection.sendall(offer)
            assert read_answer(connection) == (200, {"predictions": [6.0]})
    assert exchange(server, b"GET / HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nA: " + b"x" * 25_000,
        b"GET / HTTP/1.1\r\n" + b"".join(b"A%d: x\r\n" % n for n in range(4000)),
        b"GET /" + b"x" * 25_000,
    ],
)
def test_headers_without_end(server: Server, data: bytes):
    answer = exchange(server, data)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b"headers-too-large" in answer


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTT",
        b"GET / HTTP/1.1\r\nHost: x\r\n",
        b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n[[1,",
        CHUNKED + b"1\r\n[",
    ],
)
def test_a_request_that_does_not_go_on(server: Server, data: bytes):
    answer = exchange(server, data)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"request-timeout" in answer


def test_dripping_does_not_prolong_it(server: Server):
    start = time.monotonic()
    with server.raw() as connection, contextlib.suppress(ConnectionError):
        connection.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n")
        while time.monotonic() - start < 15:
            connection.sendall(b" ")
            time.sleep(0.2)
        pytest.fail("it waits for ever")


def test_silence_is_closed(server: Server):
    with server.raw() as connection:
        assert read_all(connection) == b""
    with server.raw() as connection:
        connection.sendall(request(b"[[1,2,3]]"))
        assert read_answer(connection)[0] == 200
        assert read_all(connection) == b""
    with server.raw() as connection, contextlib.suppress(ConnectionError):
        for _ in range(100):
            connection.sendall(b"\r\n")
            time.sleep(0.1)
        pytest.fail("empty lines keep it open")


def test_one_connection_too_many(server: Server):
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(server.raw()) for _ in range(40)]
        time.sleep(0.2)
        assert b"overloaded" in exchange(server, GOOD)
        held[0].close()
        time.sleep(0.2)
        assert exchange(server, GOOD).startswith(b"HTTP/1.1 200 ")


def test_bytes_in_flight_are_bounded_and_given_back(server: Server):
    head = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n"
    for _ in range(3):
        with server.raw() as first, server.raw() as second:
            first.sendall(head + b" " * 800_000)
            time.sleep(0.2)
            second.sendall(head + b" " * 890_000)
            assert read_answer(second)[1]["error"]["code"] == "overloaded"
            first.sendall(b" " * 100_000)
            assert read_answer(first)[1]["error"]["code"] == "invalid-json"


def test_clients_that_leave(server: Server):
    for _ in range(20):
        with server.raw() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            connection.sendall(request(b"[[1,2,3]]")[:-3])
    assert exchange(server, GOOD).startswith(b"HTTP/1.1 200 ")
    assert [line for line in server.lines() if line["severity"] in ("ERROR", "CRITICAL")] == []
