"""The ASGI application: routes a request, and turns every failure into an answer."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from random import random
from time import perf_counter

from .errors import RequestError
from .http import CLOSE, ClientGone, Message, Receive, Scope, Send, answer_error
from .log import event, logger
from .protocols import health, predict
from .routing import Endpoint, Routes, find, join
from .service import Service
from .trace import current_scope


def routes_of(service: Service) -> Routes:
    """The route table of all protocols; a new protocol is a module with `routes` and a line here."""
    return join([health.routes(service), predict.routes(service)])


def create_app(service: Service) -> Endpoint:
    """The application for one worker."""
    routes = routes_of(service)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        current_scope.set(scope)  # type: ignore[arg-type]
        try:
            endpoint = find(routes, scope["path"], scope["method"])
            await endpoint(scope, receive, send)
        except RequestError as error:
            await answer_error(send, error)
        except ClientGone:
            pass
        except asyncio.CancelledError:
            await _answer_cancelled(send)
        except Exception as error:
            logger.critical(f"{type(error).__name__}: {error}", exc_info=error)
            await answer_error(send, RequestError(500, "internal", "The server failed."))

    rate = service.settings.access_log
    return with_access_log(app, rate) if rate > 0 else app


async def _answer_cancelled(send: Send) -> None:
    """The last words of a request that outlives the server's time to drain; nothing, where its answer has begun."""
    headers = [CLOSE, (b"retry-after", b"1")]
    message = "The server shut down before it answered."
    with contextlib.suppress(RuntimeError):
        await answer_error(send, RequestError(503, "shutting-down", message, headers))


def with_access_log(app: Endpoint, rate: float) -> Endpoint:
    """Log a share of the requests, 0 to 1, when they are answered."""

    async def logged(scope: Scope, receive: Receive, send: Send) -> None:
        if random() >= rate:  # noqa: S311 - sampling
            await app(scope, receive, send)
            return
        start = perf_counter()
        status = 0

        async def noted(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await app(scope, receive, noted)
        finally:
            seconds = round(perf_counter() - start, 6)
            text = f"{scope['method']} {scope['path']} {status}"
            event(logging.INFO, text, status=status, seconds=seconds)

    return logged
