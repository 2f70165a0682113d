"""Liveness and readiness: the paths of the Open Inference Protocol V2 (REST, Health), and `/`."""

from __future__ import annotations

from mlcontainer_server.http import Receive, Scope, Send, answer
from mlcontainer_server.routing import Routes
from mlcontainer_server.service import Service


def routes(service: Service) -> Routes:
    """`GET /`, `/v2/health/live`, `/v2/health/ready`; clients look at the status alone."""

    async def alive(_scope: Scope, _receive: Receive, send: Send) -> None:
        await answer(send, 200, b'{"status":"alive"}')

    async def live(_scope: Scope, _receive: Receive, send: Send) -> None:
        await answer(send, 200, b'{"live":true}')

    async def ready(_scope: Scope, _receive: Receive, send: Send) -> None:
        if service.phase == "ready":
            await answer(send, 200, b'{"ready":true}')
        else:
            await answer(send, 503, b'{"ready":false}')

    return {
        "/": {"GET": alive},
        "/v2/health/live": {"GET": live},
        "/v2/health/ready": {"GET": ready},
    }
