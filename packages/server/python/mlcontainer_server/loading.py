"""The model with everything around it, loaded while the event loop already answers."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter
from types import ModuleType
from typing import Any

from .config import Settings
from .errors import StartError
from .handler import Handler, load_handler
from .integrity import verify
from .log import event
from .pipeline import Stage, stages_of


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model that can predict."""

    model: Any
    handler: Handler
    stages: tuple[Stage, ...]


def _import_adapter(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except Exception as error:
        raise StartError(
            "adapter", f"The adapter {name} failed: {type(error).__name__}: {error}"
        ) from error


def _code(settings: Settings) -> tuple[Any, Handler]:
    """The load function, without having called it, and the handler."""
    handler = load_handler(settings.handler) if settings.handler else Handler()
    if handler.load is not None:
        return handler.load, handler
    adapter = _import_adapter(settings.adapter_module)
    load = getattr(adapter, "load", None)
    if not callable(load):
        raise StartError("adapter", f"The adapter {settings.adapter_module} has no load function")
    return load, handler


def _model(settings: Settings, load: Any) -> Any:
    try:
        return load(settings.model.path, settings.adapter_settings)
    except Exception as error:
        raise StartError(
            "load", f"{settings.model.path} could not be loaded: {type(error).__name__}: {error}"
        ) from error


async def load_model(settings: Settings, check: bool = True) -> Loaded:
    """Hash the file beside the imports, then load it; nothing of it is read before its hash is known to be right."""
    loop = asyncio.get_running_loop()
    start = perf_counter()
    with_threads = ThreadPoolExecutor(2, "load")
    try:
        checking = loop.run_in_executor(with_threads, verify, settings.model) if check else None
        load, handler = await loop.run_in_executor(with_threads, _code, settings)
        imported = perf_counter()
        if checking is not None:
            await checking
        model = await loop.run_in_executor(with_threads, _model, settings, load)
        if inspect.isawaitable(model):
            model = await model
    finally:
        with_threads.shutdown(wait=False)
    if handler.predict is None and not callable(getattr(model, "predict", None)):
        raise StartError("load", f"What {load.__module__}.load returned has no predict method")
    event(
        logging.INFO,
        f"Loaded {settings.name}.",
        importSeconds=round(imported - start, 3),
        loadSeconds=round(perf_counter() - imported, 3),
    )
    return Loaded(model, handler, stages_of(model, handler))
