"""The user's handler file: any of load, preprocess, predict, postprocess, warmup."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import StartError

MODULE_NAME = "mlcontainer_handler"
HOOKS = ("load", "preprocess", "predict", "postprocess", "warmup")

Hook = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Handler:
    """The hooks that the file defines; each may be a function or an async function.

    `load(path, settings) -> model`, `preprocess(instances, parameters) -> instances`,
    `predict(model, instances, parameters) -> predictions`, `postprocess(predictions, parameters) -> predictions`,
    `warmup() -> instances`.
    """

    load: Hook | None = None
    preprocess: Hook | None = None
    predict: Hook | None = None
    postprocess: Hook | None = None
    warmup: Hook | None = None


def is_async(hook: Hook | None) -> bool:
    """Whether calling the hook gives something to await."""
    return hook is not None and (
        inspect.iscoroutinefunction(hook)
        or inspect.iscoroutinefunction(getattr(hook, "__call__", None))  # noqa: B004 - a callable object
    )


def load_handler(path: str) -> Handler:
    """Import the file, with its folder importable. StartError when that fails or it has no hook."""
    folder = str(Path(path).parent)
    if folder not in sys.path:
        sys.path.append(folder)
    spec = importlib.util.spec_from_file_location(MODULE_NAME, path)
    if spec is None or spec.loader is None or not Path(path).is_file():
        raise StartError("handler", f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[MODULE_NAME] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise StartError("handler", f"{path} failed: {type(error).__name__}: {error}") from error
    hooks = {name: _hook(module, name) for name in HOOKS}
    if not any(hooks.values()):
        raise StartError("handler", f"{path} defines none of {', '.join(HOOKS)}")
    return Handler(**hooks)


def _hook(module: object, name: str) -> Hook | None:
    value = getattr(module, name, None)
    if value is not None and not callable(value):
        raise StartError("handler", f"{name} of the handler is not a function")
    return value
