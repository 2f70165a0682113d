"""The first prediction, made before the server calls itself ready."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

from .errors import BadInput, StartError
from .handler import Handler
from .http import Message
from .log import event
from .pipeline import Stage
from .schedule import Scheduler

_ZEROS: dict[str, Any] = {"BOOL": False, "BYTES": ""}


def _zero(datatype: str) -> Any:
    if datatype in _ZEROS:
        return _ZEROS[datatype]
    return 0.0 if datatype.startswith(("FP", "BF")) else 0


def _filled(value: Any, shape: Sequence[int]) -> Any:
    for size in reversed(shape):
        value = [value] * (1 if size < 0 else size)
    return value


def zeros(schema: dict[str, Any] | None) -> list[Any] | None:
    """One instance of zeros: the bare value of a single input, else an object by input name.

    None when the schema does not say what an instance is.
    """
    inputs = (schema or {}).get("inputs") or []
    try:
        values = {i["name"]: _filled(_zero(i["datatype"]), list(i["shape"])[1:]) for i in inputs}
    except (KeyError, TypeError, AttributeError):
        return None
    if not values:
        return None
    return [next(iter(values.values()))] if len(values) == 1 else [values]


async def _called(hook: Callable[[], Any]) -> Any:
    value = hook()
    return await value if inspect.isawaitable(value) else value


async def _sure_instances(model: Any, handler: Handler) -> list[Any] | None:
    """Instances that someone who knows the model vouches for."""
    if handler.warmup is not None:
        return list(await _called(handler.warmup))
    own = getattr(model, "warmup", None)
    if own is None or handler.preprocess is not None or handler.predict is not None:
        return None
    instances = own()
    return None if instances is None else list(instances)


def _guessed_instances(
    model: Any, handler: Handler, schema: dict[str, Any] | None
) -> list[Any] | None:
    if handler.preprocess is not None or handler.predict is not None:
        return None  # what it takes is known to the handler alone
    own = getattr(model, "schema", None)
    return zeros(schema) or zeros(own() if callable(own) else None)


async def _receive() -> Message:
    return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]


async def warm_up(
    model: Any,
    handler: Handler,
    schema: dict[str, Any] | None,
    stages: tuple[Stage, ...],
    scheduler: Scheduler,
) -> None:
    """Predict twice, the second time to see how long it takes. StartError when the model does not answer."""
    try:
        sure = await _sure_instances(model, handler)
        instances = sure or _guessed_instances(model, handler, schema)
        if not instances:
            event(logging.WARNING, "No warm-up: nothing says what an instance looks like.")
            return
        start = perf_counter()
        await scheduler.run(stages, instances, {}, 0, _receive)
        event(
            logging.INFO,
            "The model answered the warm-up.",
            seconds=round(perf_counter() - start, 6),
        )
        scheduler.mean = None
        await scheduler.run(stages, instances, {}, 0, _receive)
    except BadInput as error:
        if sure:
            raise StartError("warm-up", f"The warm-up failed: {error}") from error
        event(logging.WARNING, f"No warm-up: zeros are not an instance of this model. {error}")
    except Exception as error:
        raise StartError(
            "warm-up", f"The warm-up failed: {type(error).__name__}: {error}"
        ) from error
