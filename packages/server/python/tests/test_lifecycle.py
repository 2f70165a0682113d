"""From the start to the end of a server, and everything that can go wrong on the way."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from .support import Server, adapter, read_all, read_answer, serving, settings

ONE = {"instances": [[1, 2, 3]]}


def later(call: Any, *args: Any) -> tuple[threading.Thread, list[Any]]:
    """Call in a thread; the list gets its result."""
    results: list[Any] = []

    def run() -> None:
        try:
            results.append(call(*args))
        except Exception as error:  # the test looks at it
            results.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, results


def test_is_alive_and_not_ready_while_it_loads_and_holds_predictions(tmp_path: Path):
    with serving(tmp_path, ready=False, adapter=adapter(loadSleep=1)) as server:
        assert server.call("GET", "/v2/health/live")[0] == 200
        assert server.call("GET", "/v2/health/ready")[::2] == (503, {"ready": False})
        assert server.predict(ONE) == (200, {"predictions": [6.0]})
        assert server.call("GET", "/v2/health/ready")[0] == 200
        assert server.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_finishes_what_is_in_flight(tmp_path: Path, number: signal.Signals):
    with serving(tmp_path) as server:
        body = ONE | {"parameters": {"sleep": 1}}
        running = [later(server.predict, body) for _ in range(3)]
        time.sleep(0.3)
        with server.raw() as connection:
            server.process.send_signal(number)
            server.wait_log("Stopping")
            connection.sendall(b"GET /v2/health/ready HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = read_all(connection)
            assert answer.startswith(b"HTTP/1.1 503 ")
            assert b"connection: close" in answer
        for thread, results in running:
            thread.join()
            assert results == [(200, {"predictions": [6.0]})]
        assert server.process.wait(timeout=10) == 0
        assert server.lines()[-1]["message"] == "Stopped."


def test_cuts_off_what_does_not_finish_in_time(tmp_path: Path):
    drain = {"seconds": 1, "lingerSeconds": 0.1}
    with serving(tmp_path, drain=drain, execution="thread") as server:
        thread, results = later(server.predict, ONE | {"parameters": {"sleep": 30}})
        time.sleep(0.3)
        start = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - start < 5
        thread.join()
        status, answer = results[0]
        assert (status, answer["error"]["code"]) == (503, "shutting-down")


def hammer(port: int, results: list[Any]) -> None:
    """Predict on one connection until the server takes leave."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    leave = None
    while leave != "close":
        client.request("POST", "/predict", b"[[1,2,3]]")
        response = client.getresponse()
        leave = response.getheader("connection")
        results.append((response.status, response.read()))


@pytest.mark.parametrize("workers", [1, 2])
def test_no_request_is_lost_while_it_ends(tmp_path: Path, workers: int):
    # Long enough for a client of a busy machine to use its connection once more.
    with serving(tmp_path, workers=workers, drain={"lingerSeconds": 2}) as server:
        answers: list[Any] = []
        running = [later(hammer, server.port, answers) for _ in range(8)]
        time.sleep(0.5)
        assert server.stop() == 0
        for thread, ends in running:
            thread.join()
            assert ends == [None]
        assert set(answers) == {(200, b'{"predictions":[6.0]}')}


def test_idle_connections_do_not_delay_the_end(tmp_path: Path):
    with serving(tmp_path) as server, server.raw() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert read_answer(connection)[0] == 200
        start = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - start < 4


def test_a_half_sent_request_is_still_taken(tmp_path: Path):
    with serving(tmp_path, drain={"seconds": 5, "lingerSeconds": 0.1}) as server:
        with server.raw() as connection:
            head = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"
            connection.sendall(head + b"[[1,")
            time.sleep(0.2)
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.8)
            connection.sendall(b"2,3]]")
            assert read_answer(connection) == (200, {"predictions": [6.0]})
        assert server.process.wait(timeout=10) == 0


def test_a_second_signal_ends_it_at_once(tmp_path: Path):
    with serving(tmp_path, execution="thread") as server:
        later(server.predict, ONE | {"parameters": {"sleep": 30}})
        time.sleep(0.3)
        server.process.send_signal(signal.SIGTERM)
        server.wait_log("Stopping")
        assert server.stop(signal.SIGINT) == 0


def test_a_signal_while_loading(tmp_path: Path):
    with serving(tmp_path, ready=False, adapter=adapter(loadSleep=30)) as server:
        thread, results = later(server.predict, ONE)
        time.sleep(0.5)
        assert server.stop() == 0
        thread.join()
        assert results[0][0] == 503


def end_of(folder: Path, **more: Any) -> tuple[int, dict[str, Any]]:
    """Exit code and last reason of a server that does not come up."""
    server = Server(folder, settings(folder, **more))
    try:
        code = server.process.wait(timeout=20)
        return code, [line for line in server.lines() if "code" in line][-1]
    finally:
        server.process.kill()


def broken_handler(folder: Path, text: str) -> dict[str, Any]:
    path = folder / "handler.py"
    path.write_text(text)
    return {"handler": str(path)}


MODEL = {"path": "/nowhere/model", "sha256": "0" * 64, "size": 7}


@pytest.mark.parametrize(
    ("more", "exit_code", "code"),
    [
        ({"model": MODEL}, 3, "model-missing"),
        ({"adapter": {"module": "no_such_adapter"}}, 3, "adapter"),
        ({"adapter": {"module": "json.tool"}}, 3, "adapter"),
        ({"adapter": adapter(fail="load")}, 3, "load"),
        ({"adapter": adapter(fail="predict")}, 3, "warm-up"),
        ({"adapter": adapter(width=4, warmup=[[1, 2]])}, 3, "warm-up"),
        ({"workers": 0}, 2, "settings"),
        ({"host": "not an address"}, 3, "listen"),
        ({"handler": "/nowhere/handler.py"}, 3, "handler"),
        ({"workers": 3, "adapter": adapter(fail="load")}, 3, "load"),
    ],
)
def test_does_not_come_up(tmp_path: Path, more: dict[str, Any], exit_code: int, code: str):
    found, line = end_of(tmp_path, **more)
    assert (found, line["code"], line["severity"]) == (exit_code, code, "CRITICAL")


@pytest.mark.parametrize(
    "text",
    ["x = 1", "raise ValueError('no')", "preprocess = 3", "def predict(:", "import no_such_module"],
)
def test_a_broken_handler(tmp_path: Path, text: str):
    found, line = end_of(tmp_path, **broken_handler(tmp_path, text))
    assert (found, line["code"]) == (3, "handler")


@pytest.mark.parametrize("content", [b"a modem", b"a model!", b""])
def test_a_changed_model(tmp_path: Path, content: bytes):
    value = settings(tmp_path)
    Path(value["model"]["path"]).write_bytes(content)
    server = Server(tmp_path, value)
    assert server.process.wait(timeout=20) == 3
    assert server.lines()[-1]["code"] == "model-changed"


def test_names_every_problem_of_its_settings(tmp_path: Path):
    (tmp_path / "server.json").write_text("{}")
    server = Server(tmp_path, {"name": 3, "porte": 1, "limits": {"bodyBytes": "x", "bodies": 1}})
    assert server.process.wait(timeout=20) == 2
    message = server.lines()[-1]["message"]
    for key in (
        "name",
        "porte",
        "limits.bodyBytes",
        "limits.bodies",
        "adapter.module",
        "model.path",
    ):
        assert key in message


def test_a_taken_port(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        found, line = end_of(tmp_path, port=taken.getsockname()[1])
    assert (found, line["code"]) == (3, "listen")


def test_zeros_that_the_model_refuses_are_no_failure(tmp_path: Path):
    schema = {"inputs": [{"name": "input", "datatype": "BYTES", "shape": [-1]}], "outputs": []}
    with serving(tmp_path, schema=schema, adapter=adapter(width=2)) as server:
        assert server.wait_log("No warm-up")["severity"] == "WARNING"
        assert server.predict([[1, 2]])[0] == 200


def test_without_any_schema_it_serves_all_the_same(tmp_path: Path):
    with serving(tmp_path, schema=None) as server:
        server.wait_log("No warm-up")
        assert server.predict([[1, 2]])[0] == 200


def test_the_port_of_the_environment_counts(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with serving(tmp_path, env={"PORT": str(port)}, port=1) as server:
        assert server.port == port


def test_an_access_log_by_share(tmp_path: Path):
    with serving(tmp_path, env={"MLCONTAINER_ACCESS_LOG": "1"}) as server:
        assert server.predict([[1, 2, 3]])[0] == 200
        line = server.wait_log("POST /predict 200")
        assert (line["status"], line["severity"]) == (200, "INFO")


def test_refuses_more_than_it_may_hold_and_recovers(tmp_path: Path):
    limits = {"concurrency": 4}
    with serving(tmp_path, limits=limits, execution="thread") as server:
        slow = ONE | {"parameters": {"sleep": 0.5}}
        running = [later(server.predict, slow) for _ in range(4)]
        time.sleep(0.2)
        body = json.dumps(ONE)
        status, headers, answer = server.call("POST", "/predict", body)
        assert (status, answer["error"]["code"], headers["retry-after"]) == (503, "overloaded", "1")
        assert server.call("GET", "/v2/health/ready")[0] == 200
        for thread, results in running:
            thread.join()
            assert results[0][0] == 200
        assert server.predict(ONE)[0] == 200


def test_slow_predictions_leave_the_server_responsive(tmp_path: Path):
    with serving(tmp_path, adapter=adapter(sleep=0.05)) as server:
        for _ in range(3):
            assert server.predict(ONE)[0] == 200
        thread, results = later(server.predict, ONE | {"parameters": {"sleep": 1.5}})
        time.sleep(0.2)
        start = time.monotonic()
        assert server.call("GET", "/v2/health/live")[0] == 200
        assert time.monotonic() - start < 1
        thread.join()
        assert results[0][0] == 200


def test_what_nobody_waits_for_is_not_predicted(tmp_path: Path):
    with serving(tmp_path, execution="thread") as server:
        first, _ = later(server.predict, ONE | {"parameters": {"sleep": 1}})
        time.sleep(0.2)
        body = json.dumps(ONE | {"parameters": {"die": 1}}).encode()
        with server.raw() as connection:
            head = f"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
            connection.sendall(head.encode() + body)
            time.sleep(0.2)
        first.join()
        time.sleep(0.2)
        assert server.predict(ONE)[0] == 200


def test_workers_share_the_port_and_are_replaced(tmp_path: Path):
    with serving(tmp_path, workers=3) as server:
        ask = ONE | {"parameters": {"pid": 1}}
        deadline = time.monotonic() + 20
        pids: set[int] = set()
        while len(pids) < 3 and time.monotonic() < deadline:
            answers = [later(server.predict, ask) for _ in range(12)]
            for thread, results in answers:
                thread.join()
                pids.add(results[0][1]["predictions"][0])
        assert len(pids) == 3
        assert server.process.pid not in pids
        thread, results = later(server.predict, ONE | {"parameters": {"die": 1}})
        thread.join()
        assert isinstance(results[0], Exception)
        assert server.wait_log("A worker died")["exitCode"] == 1
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            answers = [later(server.predict, ask) for _ in range(12)]
            found = set()
            for thread, results in answers:
                thread.join()
                found.add(results[0][1]["predictions"][0])
            if len(found) == 3 and found != pids:
                break
        assert len(found - pids) == 1
        running = later(server.predict, ONE | {"parameters": {"sleep": 1}})
        time.sleep(0.3)
        assert server.stop() == 0
        running[0].join()
        assert running[1][0][0] == 200


def test_ctrl_c_reaches_workers_once(tmp_path: Path):
    import os

    with serving(tmp_path, workers=2) as server:
        running = later(server.predict, ONE | {"parameters": {"sleep": 1}})
        time.sleep(0.3)
        children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
        for pid in children.read_text().split():
            os.kill(int(pid), signal.SIGINT)
        assert server.stop(signal.SIGINT) == 0
        running[0].join()
        assert running[1][0] == (200, {"predictions": [6.0]})
