"""From instances to predictions: the adapter's model with the handler's hooks around it."""

from __future__ import annotations

from collections.abc import Callable, Sized
from dataclasses import dataclass
from typing import Any

from .errors import BadInput, RequestError
from .handler import Handler, is_async

Step = Callable[[Any, dict[str, Any]], Any]

_MAX_REASON = 500


@dataclass(frozen=True, slots=True)
class Stage:
    """One step; async steps are awaited on the event loop, the others run where the scheduler says."""

    run: Step
    awaits: bool


def _model_step(model: Any) -> Step:
    predict: Step = model.predict

    def step(instances: Any, parameters: dict[str, Any]) -> Any:
        try:
            predictions = predict(instances, parameters)
        except RequestError:
            raise
        except (ValueError, TypeError, OverflowError) as error:
            # It answered the warm-up, so these instances are what it cannot take.
            raise BadInput(_reason(error)) from error
        except MemoryError:
            raise RequestError(
                413, "too-many-instances", "The instances need too much memory."
            ) from None
        return checked(predictions, instances)

    return step


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split())[:_MAX_REASON]
    return f"The model refused the instances: {text or type(error).__name__}"


def checked(predictions: Any, instances: Any) -> Any:
    """The predictions, if there is one for every instance."""
    if not isinstance(predictions, Sized) or len(predictions) != len(instances):
        got = len(predictions) if isinstance(predictions, Sized) else type(predictions).__name__
        raise RuntimeError(f"The model gave {got} predictions for {len(instances)} instances.")
    return predictions


def stages_of(model: Any, handler: Handler) -> tuple[Stage, ...]:
    """The steps of one prediction, in order."""
    stages: list[Stage] = []
    if handler.preprocess is not None:
        stages.append(Stage(handler.preprocess, is_async(handler.preprocess)))
    if handler.predict is not None:
        own = handler.predict
        stages.append(Stage(lambda x, parameters: own(model, x, parameters), is_async(own)))
    else:
        stages.append(Stage(_model_step(model), False))
    if handler.postprocess is not None:
        stages.append(Stage(handler.postprocess, is_async(handler.postprocess)))
    return _joined(stages)


def _joined(stages: list[Stage]) -> tuple[Stage, ...]:
    """Neighbouring sync steps as one, so that a slow prediction changes threads once."""
    joined: list[Stage] = []
    for stage in stages:
        if joined and not stage.awaits and not joined[-1].awaits:
            joined[-1] = Stage(_chain(joined[-1].run, stage.run), False)
        else:
            joined.append(stage)
    return tuple(joined)


def _chain(first: Step, second: Step) -> Step:
    return lambda value, parameters: second(first(value, parameters), parameters)
