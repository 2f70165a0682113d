"""The contract between the server and a framework's adapter module."""

from __future__ import annotations

from typing import Any, NotRequired, Protocol, TypedDict, runtime_checkable


class Tensor(TypedDict):
    """A tensor by the names of the Open Inference Protocol; -1 is a variable dimension."""

    name: str
    datatype: str
    shape: list[int]


class Schema(TypedDict):
    """What a model takes and gives; the first dimension of every shape counts the instances."""

    inputs: list[Tensor]
    outputs: list[Tensor]
    featureNames: NotRequired[list[str] | None]


@runtime_checkable
class Model(Protocol):
    """A loaded model.

    Two optional methods are looked up by name: `schema() -> Schema | None`, and
    `warmup() -> list | None`, which gives instances that the model is sure to accept (None: no way to tell).
    """

    def predict(self, instances: list[Any], parameters: dict[str, Any]) -> Any:
        """One prediction for every instance, in order, as an array or a list.

        Called by one thread at a time unless the settings say `threads` > 1. Raises
        `mlcontainer_server.errors.BadInput` when the instances are not what the model takes.
        """
        ...


class Adapter(Protocol):
    """The module that an `adapter.module` setting names."""

    def load(self, path: str, settings: dict[str, Any]) -> Model:
        """Load the model file, whose hash was checked before."""
        ...
