"""What every protocol needs of the server: whether it is ready, and predictions."""

from __future__ import annotations

import asyncio
import logging
from time import perf_counter
from typing import Any, Literal

from .config import Settings
from .errors import RequestError
from .http import Budget, ClientGone, Receive, overloaded
from .loading import Loaded
from .log import logger
from .pipeline import Stage
from .schedule import Scheduler

Phase = Literal["starting", "ready", "draining"]


class Service:
    """The state of one worker process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.phase: Phase = "starting"
        self.budget = Budget(settings.limits.inflight_bytes)
        self.scheduler = Scheduler(settings.execution, settings.threads)
        self.stages: tuple[Stage, ...] = ()
        self.loaded: Loaded | None = None
        self.active = 0
        #: Set when the phase is no longer `starting`.
        self.started = asyncio.Event()

    def become_ready(self) -> None:
        """The warm-up was answered; SIGTERM may have come before."""
        if self.phase == "starting":
            self.phase = "ready"
        self.started.set()

    def drain(self) -> None:
        """Stop being ready."""
        self.phase = "draining"
        self.started.set()

    def enter(self) -> None:
        """Count a prediction in; RequestError 503 when there are enough."""
        if self.active >= self.settings.limits.concurrency:
            raise overloaded("Too many predictions are in flight.")
        self.active += 1

    def leave(self) -> None:
        """Count a prediction out."""
        self.active -= 1

    async def wait_started(self) -> None:
        """Hold a request that came while the model was being loaded, rather than refusing it."""
        if self.phase == "starting":
            await self.started.wait()
        if not self.stages:
            raise RequestError(
                503, "shutting-down", "The server is shutting down.", [(b"retry-after", b"1")]
            )

    async def predict(
        self, instances: list[Any], parameters: dict[str, Any], size: int, receive: Receive
    ) -> Any:
        """Predictions as the last step gives them; RequestError 500 when a step broke, with the reason in the log."""
        stages = self.stages
        try:
            if len(stages) == 1 and not stages[0].awaits and self.scheduler.inline(size):
                start = perf_counter()
                predictions = stages[0].run(instances, parameters)
                self.scheduler.observe(perf_counter() - start, size)
                return predictions
            return await self.scheduler.run(stages, instances, parameters, size, receive)
        except (RequestError, ClientGone):
            raise
        except Exception as error:
            logger.log(
                logging.ERROR,
                f"A prediction failed: {type(error).__name__}: {error}",
                exc_info=error,
            )
            raise RequestError(500, "prediction-failed", "The prediction failed.") from None
