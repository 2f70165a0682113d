"""One worker: its socket, its clock, its model, its end."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import time
from collections.abc import Awaitable, Callable
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
        self.service = Service(settings)
        self.stopping = asyncio.Event()
        self.state: ServerState | None = None
        self.server: asyncio.Server | None = None

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
        factory = partial(Connection, config=config, server_state=self.state, app_state={})
        loop = asyncio.get_running_loop()
        self.server = await loop.create_server(factory, sock=self.listener, backlog=_BACKLOG)

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
        self.server.close()
        while (self.state.connections or self.state.tasks) and loop.time() < end:
            for connection in list(self.state.connections):
                connection.shutdown()
            await asyncio.sleep(0.02)
        if self.state.tasks or self.state.connections:
            await self._cut_off()

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


async def serve(
    settings: Settings,
    listener: socket.socket,
    *,
    early: bool,
    check: bool,
    on_ready: Callable[[], None],
) -> None:
    """Serve until SIGTERM or SIGINT. With `early`, health is answered while the model is still being loaded."""
    worker = Worker(settings, listener)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _on_signal, worker)
    await (worker.listen() if early else _nothing())
    ticking = asyncio.ensure_future(worker.tick()) if early else None
    loading = asyncio.ensure_future(worker.load(check))
    await _first(worker, loading)
    if not early and not worker.stopping.is_set():
        await worker.listen()
        ticking = asyncio.ensure_future(worker.tick())
    if not worker.stopping.is_set():
        _settle()
        worker.service.become_ready()
        event(logging.INFO, f"{settings.name} is ready.", port=listener.getsockname()[1])
        on_ready()
        await worker.stopping.wait()
    if worker.server is not None:
        await worker.drain()
    if ticking is not None:
        ticking.cancel()
    event(logging.INFO, "Stopped.")


def _nothing() -> Awaitable[None]:
    return asyncio.sleep(0)


def _on_signal(worker: Worker) -> None:
    if worker.stopping.is_set():
        logger.warning("A second signal: stopping at once.")
        os._exit(0)
    event(logging.INFO, "Stopping.")
    worker.stopping.set()


def _settle() -> None:
    """What was made until now stays: keep the garbage collector away from it."""
    import gc  # noqa: PLC0415

    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


def run_worker(
    settings: Settings,
    listener: socket.socket,
    *,
    early: bool = True,
    check: bool = True,
    on_ready: Callable[[], None] = lambda: None,
) -> int:
    """The whole life of one worker; gives the exit code."""
    import uvloop  # noqa: PLC0415

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(settings, listener, early=early, check=check, on_ready=on_ready))
    except StartError as error:
        logger.log(
            logging.CRITICAL,
            str(error),
            extra={"fields": {"code": error.code}},
            exc_info=error.__cause__,
        )
        return error.exit_code
    return 0
