"""Real servers for tests: a process, its log, and clients that speak raw HTTP where needed."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
SCHEMA = {"inputs": [{"name": "input", "datatype": "FP64", "shape": [-1, 3]}], "outputs": []}


def settings(folder: Path, **more: Any) -> dict[str, Any]:
    """A server.json for the sample adapter; nested settings are laid over."""
    model = folder / "model.bin"
    model.write_bytes(b"a model")
    value: dict[str, Any] = {
        "name": "sample",
        "model": {
            "path": str(model),
            "sha256": hashlib.sha256(b"a model").hexdigest(),
            "size": 7,
        },
        "adapter": {"module": "sample_adapter", "settings": {}},
        "handler": None,
        "schema": SCHEMA,
        "port": 0,
        "host": "127.0.0.1",
        "workers": 1,
    }
    return value | more


class Server:
    """A server process."""

    def __init__(
        self, folder: Path, value: dict[str, Any], env: dict[str, str] | None = None
    ) -> None:
        path = folder / "server.json"
        path.write_text(json.dumps(value))
        self.log_path = folder / "log"
        with self.log_path.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "mlcontainer_server"],
                env={
                    "PYTHONPATH": f"{ROOT}:{ROOT / 'tests' / 'adapters'}",
                    "PATH": os.environ["PATH"],
                    "MLCONTAINER_SERVER_CONFIG": str(path),
                    "PYTHONDONTWRITEBYTECODE": "1",
                    **(env or {}),
                },
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def port(self) -> int:
        """Where it listens: found by its socket, since the port is chosen by the kernel."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            for line in self.lines():
                if "port" in line:
                    return int(line["port"])
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended: {self.log_path.read_text()}")
            time.sleep(0.02)
        raise AssertionError("the server does not listen")

    def lines(self) -> list[dict[str, Any]]:
        """What it logged; fails when a line is no JSON."""
        return [json.loads(line) for line in self.log_path.read_text().splitlines()]

    def wait_log(self, message: str) -> dict[str, Any]:
        """The first line whose message contains the text."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            for line in self.lines():
                if message in line["message"]:
                    return line
            time.sleep(0.02)
        raise AssertionError(f"{message!r} was not logged: {self.log_path.read_text()}")

    def call(
        self,
        method: str,
        path: str,
        body: bytes | str | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, dict[str, str], Any]:
        """One request on a connection of its own: status, headers, parsed body."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            client.request(method, path, body, headers or {})
            response = client.getresponse()
            data = response.read()
            found = {name.lower(): value for name, value in response.getheaders()}
            return response.status, found, json.loads(data) if data else None
        finally:
            client.close()

    def predict(self, value: Any) -> tuple[int, Any]:
        """POST /predict."""
        headers = {"Content-Type": "application/json"}
        status, _, answer = self.call("POST", "/predict", json.dumps(value), headers)
        return status, answer

    def raw(self) -> socket.socket:
        """A connection to write bytes to."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Signal, and wait for the exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=20)

    def wait_ready(self) -> None:
        """Until /v2/health/ready answers 200."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if self.call("GET", "/v2/health/ready")[0] == 200:
                return
            time.sleep(0.02)
        raise AssertionError("the server is not ready")


@contextlib.contextmanager
def serving(
    folder: Path, env: dict[str, str] | None = None, ready: bool = True, **more: Any
) -> Iterator[Server]:
    """A server that is ended at last."""
    server = Server(folder, settings(folder, **more), env)
    try:
        if ready:
            server.wait_ready()
        yield server
    finally:
        if server.process.poll() is None:
            server.process.kill()
        server.process.wait()


def adapter(**values: Any) -> dict[str, Any]:
    """The adapter setting with settings of its own."""
    return {"module": "sample_adapter", "settings": values}


def read_all(connection: socket.socket) -> bytes:
    """Everything until the server closes; a reset counts as a close."""
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while chunk := connection.recv(65536):
            data += chunk
    return data


def read_answer(connection: socket.socket) -> tuple[int, Any]:
    """One whole answer on a connection that stays."""
    response = http.client.HTTPResponse(connection)
    response.begin()
    return response.status, json.loads(response.read())
