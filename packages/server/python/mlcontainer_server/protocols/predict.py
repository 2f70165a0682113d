"""Plain JSON: `POST /predict`, `{"instances": […], "parameters": {}?}` → `{"predictions": […]}`."""

from __future__ import annotations

from typing import Any

from mlcontainer_server.errors import RequestError
from mlcontainer_server.http import (
    Receive,
    Scope,
    Send,
    answer,
    check_length,
    read_body,
    require_json,
)
from mlcontainer_server.jsonio import decode, encode
from mlcontainer_server.log import logger
from mlcontainer_server.routing import Routes
from mlcontainer_server.service import Service

_KEYS = {"instances", "parameters"}


def _invalid(message: str) -> RequestError:
    return RequestError(400, "invalid-request", message)


def parse(value: Any) -> tuple[list[Any], dict[str, Any]]:
    """Instances and parameters of a body; RequestError 400 says what is missing."""
    if isinstance(value, list):
        value = {"instances": value}
    if not isinstance(value, dict):
        raise _invalid('The body must be {"instances": […]} or a list of instances.')
    instances = value.get("instances")
    if not isinstance(instances, list):
        raise _invalid('The body must have a list "instances".')
    if not instances:
        raise _invalid('"instances" is empty.')
    parameters = value.get("parameters")
    if parameters is not None and not isinstance(parameters, dict):
        raise _invalid('"parameters" must be an object.')
    if extra := value.keys() - _KEYS:
        names = ", ".join(sorted(ascii(key)[1:-1][:50] for key in extra)[:5])
        raise _invalid(f'Unknown keys beside "instances" and "parameters": {names}.')
    return instances, parameters or {}


def _encoded(predictions: Any) -> bytes:
    try:
        return encode({"predictions": predictions})
    except (TypeError, ValueError) as error:
        logger.error(f"The predictions have no JSON form: {error}")
        raise RequestError(500, "prediction-failed", "The predictions have no JSON form.") from None


def routes(service: Service) -> Routes:
    """`POST /predict`."""
    limits = service.settings.limits

    async def predict(scope: Scope, receive: Receive, send: Send) -> None:
        require_json(scope)
        check_length(scope, limits.body_bytes)
        service.enter()
        size = 0
        try:
            body = await read_body(receive, limits.body_bytes, service.budget)
            size = len(body)
            instances, parameters = parse(decode(body, limits.json_depth))
            if service.phase != "ready":
                await service.wait_started()
            predictions = await service.predict(instances, parameters, size, receive)
            await answer(send, 200, _encoded(predictions))
        finally:
            service.budget.give(size)
            service.leave()

    return {"/predict": {"POST": predict}}
