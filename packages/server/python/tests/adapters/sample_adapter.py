"""An adapter for tests: row sums by numpy, and by its settings every way to misbehave."""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np

from mlcontainer_server.errors import BadInput


class Model:
    """Sums the values of every row."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.warm = False

    def predict(self, instances: list[Any], parameters: dict[str, Any]) -> Any:
        if "echo" in parameters:
            return parameters["echo"]
        time.sleep(parameters.get("sleep", 0) or self.settings.get("sleep", 0))
        if "raise" in parameters:
            raise {"value": ValueError, "type": TypeError, "memory": MemoryError}.get(
                parameters["raise"], RuntimeError
            )("as asked")
        if parameters.get("die"):
            os._exit(1)
        if parameters.get("pid"):
            return [os.getpid()] * len(instances)
        if parameters.get("make"):
            return MADE[parameters["make"]](len(instances))
        if self.settings.get("fail") == "predict":
            raise RuntimeError("no prediction today")
        try:
            table = np.asarray(instances, dtype=np.float64)
        except (TypeError, ValueError, OverflowError) as error:
            raise BadInput(f"no table of numbers: {error}") from None
        if table.ndim != 2:
            raise BadInput(f"{table.ndim} dimensions instead of 2")
        width = self.settings.get("width")
        if width is not None and table.shape[1] != width:
            raise BadInput(f"{table.shape[1]} values instead of {width}")
        return table.sum(axis=1)


MADE: dict[str, Any] = {
    "nan": lambda n: np.full(n, np.nan),
    "inf": lambda n: [float("inf")] * n,
    "text": lambda n: np.array(["a"] * n),
    "objects": lambda n: np.array([{"a": np.float32(1.5)}] * n, dtype=object),
    "fortran": lambda n: np.asfortranarray(np.arange(n * 2.0).reshape(n, 2)),
    "ints": lambda n: np.arange(n, dtype=">i4"),
    "complex": lambda n: [1j] * n,
    "short": lambda n: [1.0],
    "none": lambda n: None,
}


def load(path: str, settings: dict[str, Any]) -> Model:
    time.sleep(settings.get("loadSleep", 0))
    if settings.get("fail") == "load":
        raise RuntimeError("no model today")
    if settings.get("fail") == "first" and not os.path.exists(path + ".second"):
        raise RuntimeError("not yet")
    model = Model(settings)
    if "warmup" in settings:
        model.warmup = lambda: settings["warmup"]  # type: ignore[attr-defined]
    if "schema" in settings:
        model.schema = lambda: settings["schema"]  # type: ignore[attr-defined]
    return model
