"""Where a prediction runs: on the event loop when that is cheaper than a thread, else in a thread.

Handing a call to a thread costs some 60 to 100 microseconds, more than a small model's prediction; a call that
takes longer than a millisecond keeps every other connection waiting. So the durations are watched.
"""

from __future__ import annotations

import asyncio
import contextvars
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Any

from .config import Execution
from .http import ClientGone, Receive
from .pipeline import Stage, Step

#: A larger body is not run inline: its duration is not that of the calls that were watched.
INLINE_BYTES = 32 * 1024
#: Above the first the calls leave the event loop, below the second they come back. Seconds.
LEAVE, RETURN = 1e-3, 0.6e-3
_WEIGHT = 0.1
#: A model that took so long on the event loop twice is never run there again: its duration cannot be foretold.
_STALL, _STALLS = 0.1, 2


class Scheduler:
    """Runs the steps of predictions and remembers how long small ones take."""

    def __init__(self, execution: Execution, threads: int) -> None:
        self.execution = execution
        self.small_inline = execution == "inline"
        self.mean: float | None = None
        self.stalls = 0
        self._slots = asyncio.Semaphore(threads)
        self._pool = ThreadPoolExecutor(threads, "predict")

    def inline(self, size: int) -> bool:
        """Whether a request of so many bytes runs on the event loop."""
        return self.small_inline and (size <= INLINE_BYTES or self.execution == "inline")

    def observe(self, seconds: float, size: int) -> None:
        """Learn from one prediction."""
        if self.execution != "auto" or size > INLINE_BYTES:
            return
        if self.small_inline and seconds > _STALL:
            self.stalls += 1
        mean = seconds if self.mean is None else self.mean + _WEIGHT * (seconds - self.mean)
        self.mean = mean
        fast = mean < (LEAVE if self.small_inline else RETURN)
        self.small_inline = fast and self.stalls < _STALLS

    async def run(
        self,
        stages: tuple[Stage, ...],
        value: Any,
        parameters: dict[str, Any],
        size: int,
        receive: Receive,
    ) -> Any:
        """All steps of one prediction; ClientGone when the client left while it waited for a thread."""
        for stage in stages:
            if stage.awaits:
                value = await stage.run(value, parameters)
            elif self.inline(size):
                start = perf_counter()
                value = stage.run(value, parameters)
                self.observe(perf_counter() - start, size)
            else:
                value = await self._in_thread(stage.run, value, parameters, size, receive)
        return value

    async def _in_thread(
        self, step: Step, value: Any, parameters: dict[str, Any], size: int, receive: Receive
    ) -> Any:
        left = asyncio.ensure_future(receive())
        try:
            async with self._slots:
                if left.done() and left.result()["type"] == "http.disconnect":
                    raise ClientGone
                context = contextvars.copy_context()
                loop = asyncio.get_running_loop()
                value, seconds = await loop.run_in_executor(
                    self._pool, context.run, _timed, step, value, parameters
                )
        finally:
            left.cancel()
        self.observe(seconds, size)
        return value

    def close(self) -> None:
        """Let go of the threads; a running prediction is not waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _timed(step: Step, value: Any, parameters: dict[str, Any]) -> tuple[Any, float]:
    start = perf_counter()
    result = step(value, parameters)
    return result, perf_counter() - start
