"""One worker: its socket, its clock, its model, its end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from functools import partial
from typing import TYPE_CHECKING

from .config import Settings
from .errors import StartError
from .log import event, logger
from .service import Service

if TYPE_CHECKING:
    from uvicorn.server import ServerState

_BACKLOG = 2048
_LAST_WORDS = 0.25
_MOMENT = 0.05


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; StartError when the address is taken or may not be used."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise StartError("listen", f"{host} port {port}: {error.strerror}") from error
    listener.setblocking(False)
    return listener


class Worker:
    """Serves on a socket until it is told to stop."""

    def __init__(self, settings: Settings, listener: socket.socket) -> None:
        self.settings = settings
        self.listener = listener
        #: The same socket, which stays open when the event loop closes its own.
        self.spare = listener.dup()
        self.service = Service(settings)
        self.stopping = asyncio.Event()
        self.state: ServerState | None = None
        self.server: asyncio.Server | None = None
        self.factory: Callable[[], asyncio.Protocol] | None = None

    async def listen(self) -> None:
        """Start answering."""
        from uvicorn.config import Config  # noqa: PLC0415 - 50 ms that the supervisor need not spend
        from uvicorn.server import ServerState  # noqa: PLC0415

        from .app import create_app  # noqa: PLC0415
        from .connection import Connection  # noqa: PLC0415

        config = Config(
            create_app(self.service),
            interface="asgi3",
            http=Connection,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            timeout_keep_alive=int(self.settings.limits.keep_alive_seconds),
        )
        config.load()
        Connection.limits = self.settings.limits
        self.state = ServerState()
        self.factory = partial(Connection, config=config, server_state=self.state, app_state={})
        loop = asyncio.get_running_loop()
        self.server = await loop.create_server(self.factory, sock=self.listener, backlog=_BACKLOG)

    async def tick(self) -> None:
        """Every second: the Date header, and requests that take too long to arrive."""
        loop = asyncio.get_running_loop()
        while True:
            assert self.state is not None  # noqa: S101
            self._stamp()
            now = loop.time()
            for connection in list(self.state.connections):
                deadline = getattr(connection, "deadline", 0.0)
                if deadline and deadline < now:
                    connection.expire()  # type: ignore[union-attr]
            await asyncio.sleep(1)

    def _stamp(self) -> None:
        assert self.state is not None  # noqa: S101
        headers = [(b"date", formatdate(time.time(), usegmt=True).encode())]
        if self.service.phase == "draining":
            headers.append((b"connection", b"close"))
        self.state.default_headers[:] = headers

    async def load(self, check: bool) -> None:
        """Load the model and warm it up. StartError when that fails."""
        from .loading import load_model  # noqa: PLC0415
        from .warmup import warm_up  # noqa: PLC0415

        loaded = await load_model(self.settings, check)
        await warm_up(
            loaded.model,
            loaded.handler,
            self.settings.schema,
            loaded.stages,
            self.service.scheduler,
        )
        self.service.stages = loaded.stages
        self.service.loaded = loaded

    async def drain(self) -> None:
        """Not ready, then no new connections, then the end of what is in flight, all within the settings' time."""
        assert self.state is not None  # noqa: S101
        assert self.server is not None  # noqa: S101
        loop = asyncio.get_running_loop()
        end = loop.time() + self.settings.drain.seconds
        self.service.drain()
        self._stamp()
        await asyncio.sleep(min(self.settings.drain.linger_seconds, self.settings.drain.seconds))
        await self._stop_listening()
        while (self.state.connections or self.state.tasks) and loop.time() < end:
            for connection in list(self.state.connections):
                connection.shutdown()
            await asyncio.sleep(0.02)
        if self.state.tasks or self.state.connections:
            await self._cut_off()

    async def _stop_listening(self) -> None:
        """Close the socket with nobody waiting: closing resets connections that were not accepted yet."""
        assert self.server is not None  # noqa: S101
        assert self.factory is not None  # noqa: S101
        self.server.close()
        waiting: list[socket.socket] = []
        with contextlib.suppress(BlockingIOError):
            while True:
                waiting.append(self.spare.accept()[0])
        self.spare.close()
        loop = asyncio.get_running_loop()
        for connection in waiting:
            connection.setblocking(False)
            with contextlib.suppress(OSError):
                await loop.connect_accepted_socket(self.factory, connection)
        # What the event loop accepted a moment ago is not among the connections yet.
        await asyncio.sleep(_MOMENT)

    async def _cut_off(self) -> None:
        assert self.state is not None  # noqa: S101
        event(logging.WARNING, f"{len(self.state.tasks)} requests did not finish in time.")
        for task in list(self.state.tasks):
            task.cancel()
        await asyncio.sleep(_LAST_WORDS)
        for connection in list(self.state.connections):
            connection.transport.abort()


async def _first(worker: Worker, loading: asyncio.Task[None]) -> None:
    """Wait for the model or for the signal; a failure to load is raised."""
    stopping = asyncio.ensure_future(worker.stopping.wait())
    await asyncio.wait({loading, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if loading.done():
        loading.result()


@dataclass(frozen=True, slots=True)
class Role:
    """What is different about one worker among several."""

    #: Health is answered while the model is still being loaded; else the worker is not heard of before it is ready.
    early: bool = True
    #: The model file is hashed; once for all workers is enough.
    check: bool = True
    #: A supervisor passes the signals on, the terminal's own among them.
    supervised: bool = False
    on_ready: Callable[[], None] = lambda: None


async def serve(settings: Settings, listener: socket.socket, role: Role) -> None:
    """Serve until SIGTERM or SIGINT."""
    worker = Worker(settings, listener)
    _catch_signals(worker, role)
    ticking: asyncio.Task[None] | None = None
    if role.early:
        ticking = await _start_listening(worker)
    await _first(worker, asyncio.ensure_future(worker.load(role.check)))
    if not worker.stopping.is_set():
        if ticking is None:
            ticking = await _start_listening(worker)
        _settle()
        worker.service.become_ready()
        event(logging.INFO, f"{settings.name} is ready.")
        role.on_ready()
        await worker.stopping.wait()
    if ticking is not None:
        await worker.drain()
        ticking.cancel()
    event(logging.INFO, "Stopped.")


async def _start_listening(worker: Worker) -> asyncio.Task[None]:
    await worker.listen()
    return asyncio.ensure_future(worker.tick())


def _catch_signals(worker: Worker, role: Role) -> None:
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, _on_signal, worker, role)
    if role.supervised:
        loop.add_signal_handler(signal.SIGINT, lambda: None)
    else:
        loop.add_signal_handler(signal.SIGINT, _on_signal, worker, role)


def _on_signal(worker: Worker, role: Role) -> None:
    if not worker.stopping.is_set():
        event(logging.INFO, "Stopping.")
        worker.stopping.set()
    elif not role.supervised:
        logger.warning("A second signal: stopping at once.")
        os._exit(0)


def _settle() -> None:
    """What was made until now stays: the garbage collector, off since the start, never looks at it."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
    gc.enable()


def run_worker(settings: Settings, listener: socket.socket, role: Role | None = None) -> int:
    """The whole life of one worker; gives the exit code."""
    import uvloop  # noqa: PLC0415

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(settings, listener, role or Role()))
    except StartError as error:
        fields = {"fields": {"code": error.code}}
        logger.log(logging.CRITICAL, str(error), extra=fields, exc_info=error.__cause__)
        return error.exit_code
    return 0
