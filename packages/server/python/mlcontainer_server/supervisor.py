"""Several workers on one socket: forked before anything heavy is imported, replaced when one dies."""

from __future__ import annotations

import contextlib
import logging
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

from .config import Settings
from .log import event, logger
from .serve import Role, run_worker

#: A worker that dies before it was ready ends everything; later deaths are mended, at most one so often.
_PAUSE = 1.0
_TICK = 0.1


@dataclass(slots=True)
class _Child:
    pid: int
    #: Becomes readable when the worker is ready.
    ready: int
    was_ready: bool = False


class Supervisor:
    """Keeps `workers` processes alive until SIGTERM or SIGINT."""

    def __init__(self, settings: Settings, listener: socket.socket) -> None:
        self.settings = settings
        self.listener = listener
        self.children: dict[int, _Child] = {}
        self.stop_at = 0.0
        self.exit_code = 0

    def run(self) -> int:
        """Until all workers are gone; gives the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        for index in range(self.settings.workers):
            self._spawn(early=index == 0, check=index == 0)
        while self.children:
            self._note_ready()
            self._reap()
            if self.stop_at and time.monotonic() > self.stop_at:
                self._signal(signal.SIGKILL)
        return self.exit_code

    def _spawn(self, *, early: bool, check: bool) -> None:
        readable, writable = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(readable)
            os._exit(self._child(writable, early=early, check=check))
        os.close(writable)
        self.children[pid] = _Child(pid, readable)

    def _child(self, writable: int, *, early: bool, check: bool) -> int:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        for other in self.children.values():
            os.close(other.ready)
        role = Role(early, check, supervised=True, on_ready=lambda: _say_ready(writable))
        try:
            return run_worker(self.settings, self.listener, role)
        except BaseException as error:
            logger.critical(f"{type(error).__name__}: {error}", exc_info=error)
            return 1

    def _note_ready(self) -> None:
        waiting = {child.ready: child for child in self.children.values() if not child.was_ready}
        with contextlib.suppress(InterruptedError):
            for descriptor in select.select(list(waiting), [], [], _TICK)[0]:
                waiting[descriptor].was_ready = os.read(descriptor, 1) == b"1"
                if not waiting[descriptor].was_ready:
                    time.sleep(_TICK)  # it died; its end is collected next

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                child = self.children.pop(pid, None)
                if child is not None:
                    os.close(child.ready)
                    self._on_exit(child, os.waitstatus_to_exitcode(status))

    def _on_exit(self, child: _Child, code: int) -> None:
        if self.stop_at:
            return
        if not child.was_ready:
            self.exit_code = code if code > 0 else 1
            self._stop()
            return
        event(logging.ERROR, "A worker died and is replaced.", pid=child.pid, exitCode=code)
        time.sleep(_PAUSE)
        if not self.stop_at:
            self._spawn(early=False, check=False)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self.stop_at:
            self._signal(signal.SIGKILL)
        else:
            self._stop()

    def _stop(self) -> None:
        self.stop_at = time.monotonic() + self.settings.drain.seconds + 1
        # Else the kernel would go on letting clients in whom nobody serves.
        self.listener.close()
        self._signal(signal.SIGTERM)

    def _signal(self, number: int) -> None:
        for pid in self.children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)


def _say_ready(descriptor: int) -> None:
    os.write(descriptor, b"1")


def run(settings: Settings, listener: socket.socket) -> int:
    """One worker in this process, or several under a supervisor; gives the exit code."""
    alone: Callable[[], int] = lambda: run_worker(settings, listener)  # noqa: E731
    return alone() if settings.workers == 1 else Supervisor(settings, listener).run()
