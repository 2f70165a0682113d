"""The user's own file around the model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .support import adapter, serving

SYNC = """
from mlcontainer_server.errors import BadInput
from helper import OFFSET

def preprocess(instances, parameters):
    if instances == ["bad"]:
        raise BadInput("this will not do", "no-good")
    if instances == ["bug"]:
        raise ValueError("a bug of the handler")
    return [[float(n)] for n in instances]

def postprocess(predictions, parameters):
    return {"values": [value + OFFSET for value in predictions.tolist()], "unit": parameters.get("unit")}
"""
ASYNC = """
import asyncio

async def load(path, settings):
    await asyncio.sleep(0)
    return {"path": path, "by": settings.get("by", 2)}

async def preprocess(instances, parameters):
    await asyncio.sleep(0.01)
    return instances

def predict(model, instances, parameters):
    return [n * model["by"] for n in instances]

async def postprocess(predictions, parameters):
    await asyncio.sleep(0.01)
    return [n + 1 for n in predictions]

def warmup():
    return [1, 2]
"""


def handler(folder: Path, text: str) -> dict[str, Any]:
    (folder / "helper.py").write_text("OFFSET = 100")
    (folder / "handler.py").write_text(text)
    return {"handler": str(folder / "handler.py")}


@pytest.mark.parametrize("execution", ["inline", "thread", "auto"])
def test_hooks_around_the_adapters_model(tmp_path: Path, execution: str):
    with serving(tmp_path, **handler(tmp_path, SYNC), execution=execution) as server:
        body = {"instances": ["1", "2.5"], "parameters": {"unit": "mm"}}
        expected = {"values": [101.0, 102.5], "unit": "mm"}
        assert server.predict(body) == (200, {"predictions": expected})
        status, answer = server.predict({"instances": ["bad"]})
        assert (status, answer["error"]) == (
            400,
            {"code": "no-good", "message": "this will not do"},
        )
        status, answer = server.predict({"instances": ["bug"]})
        assert (status, answer["error"]["code"]) == (500, "prediction-failed")


@pytest.mark.parametrize("execution", ["inline", "thread", "auto"])
def test_async_hooks_and_a_model_of_its_own(tmp_path: Path, execution: str):
    more = handler(tmp_path, ASYNC)
    with serving(tmp_path, **more, adapter=adapter(by=10), execution=execution) as server:
        server.wait_log("answered the warm-up")
        assert server.predict([1, 2]) == (200, {"predictions": [11, 21]})
