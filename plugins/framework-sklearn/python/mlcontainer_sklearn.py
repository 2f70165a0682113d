"""The scikit-learn adapter of mlcontainer: loads an estimator and predicts with it.

The server calls `load(path, settings)` once and `predict(instances, parameters)` for every request; it has checked the
file's hash before, and inspection has read every opcode of it when the image was built.
"""

from __future__ import annotations

import contextlib
import importlib
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import joblib
import numpy as np
from mlcontainer_server.deferred import defer
from mlcontainer_server.errors import BadInput

# A third of scikit-learn's start-up goes into scipy.stats, of which it imports four names.
defer("scipy.stats", ("chi2", "gmean", "rankdata", "spearmanr"))

METHODS: Final = ("predict", "predict_proba", "decision_function", "transform")
_NESTING: Final = 16
_TEXT_READERS: Final = frozenset({"CountVectorizer", "TfidfVectorizer", "HashingVectorizer"})
_MAPPING_READERS: Final = frozenset({"DictVectorizer", "FeatureHasher"})
_COLUMN_CHOOSER: Final = "ColumnTransformer"


def load(path: str, settings: Mapping[str, Any]) -> SklearnModel:
    """Load the model and settle how instances reach it.

    Settings: `method` answers requests that name none; `frame` gives the model pandas frames.
    """
    estimator = joblib.load(path)
    _spare_frame_checks()
    return SklearnModel(estimator, method=settings.get("method"), frame=bool(settings.get("frame")))


class SklearnModel:
    """An estimator with what the server asks of it."""

    def __init__(self, estimator: Any, method: str | None = None, frame: bool = False) -> None:
        self._estimator = estimator
        self._methods = tuple(name for name in METHODS if callable(getattr(estimator, name, None)))
        self._method = _default_method(estimator, self._methods, method)
        receiver = _receiver(estimator)
        self._reads = _reads(receiver)
        self._names = _names(receiver)
        self._columns = {name: index for index, name in enumerate(self._names or ())}
        self._width = _width(receiver)
        self._frame = _frame_maker(frame, self._names, _chooses_by_name(receiver))
        _calm(estimator)

    def predict(self, instances: list[Any], parameters: dict[str, Any]) -> Any:
        """Answer one prediction an instance; `parameters.method` chooses another method than the default."""
        method = self._chosen(parameters)
        data = self._data(instances)
        try:
            result = getattr(self._estimator, method)(data)
        except ValueError as error:
            # scikit-learn raises it for input that it cannot take: NaN, an unknown category, text for a number.
            raise BadInput(f"The model refused the instances: {error}") from error
        return _plain(result)

    def schema(self) -> dict[str, Any] | None:
        """Give inputs and outputs by the names of the Open Inference Protocol."""
        if self._reads != "rows":
            inputs = [{"name": "inputs", "datatype": "BYTES", "shape": [-1]}]
        elif self._width is None:
            return None
        else:
            inputs = [{"name": "inputs", "datatype": "FP64", "shape": [-1, self._width]}]
        return {"inputs": inputs, "outputs": self._outputs(), "featureNames": self._names}

    def warmup(self) -> list[Any] | None:
        """Give one instance that the model takes, or None where neither zeros nor ones are such."""
        candidates: list[list[Any]] = []
        if self._reads == "text":
            candidates = [["warm up"]]
        elif self._reads == "mappings":
            candidates = [[{}]]
        elif self._width is not None:
            candidates = [[[0.0] * self._width], [[1.0] * self._width]]
        return next((instances for instances in candidates if self._takes(instances)), None)

    def _takes(self, instances: list[Any]) -> bool:
        try:
            self.predict(instances, {})
        except Exception:
            return False
        return True

    def _outputs(self) -> list[dict[str, Any]]:
        classes = getattr(_answerer(self._estimator), "classes_", None)
        if self._method == "predict" and isinstance(classes, np.ndarray):
            return [{"name": "predictions", "datatype": _datatype(classes.dtype), "shape": [-1]}]
        if self._method == "predict_proba" and isinstance(classes, np.ndarray):
            return [{"name": "predictions", "datatype": "FP64", "shape": [-1, len(classes)]}]
        return [{"name": "predictions", "datatype": "FP64", "shape": [-1]}]

    def _chosen(self, parameters: Mapping[str, Any]) -> str:
        unknown = sorted(set(parameters) - {"method"})
        if unknown:
            raise BadInput(f"Unknown parameters: {', '.join(unknown)}; there is method.")
        method = parameters.get("method", self._method)
        if method not in self._methods:
            raise BadInput(f"parameters.method is {method!r}; this model has {', '.join(self._methods)}.")
        return str(method)

    def _data(self, instances: list[Any]) -> Any:
        if self._reads == "text":
            return _texts(instances)
        if self._reads == "mappings":
            return _mappings(instances)
        rows = self._rows(instances)
        return rows if self._frame is None else self._frame(rows)

    def _rows(self, instances: list[Any]) -> np.ndarray[Any, Any]:
        if instances and isinstance(instances[0], dict):
            instances = [self._row(index, instance) for index, instance in enumerate(instances)]
        table = _table(instances)
        if self._width is not None and table.shape[1] != self._width:
            raise BadInput(f"The instances have {table.shape[1]} values each; the model takes {self._width}.")
        return table

    def _row(self, index: int, instance: Any) -> list[Any]:
        """Put the values of one object in the order of the model's columns."""
        if not self._names:
            raise BadInput("The model does not know the names of its columns; send every instance as a list.")
        if not isinstance(instance, dict):
            raise BadInput(f"Instance {index} is no object, unlike those before it.")
        if instance.keys() != self._columns.keys():
            missing = [name for name in self._names if name not in instance]
            unknown = sorted(set(instance) - set(self._columns))
            raise BadInput(_about_names(index, missing, unknown))
        return [instance[name] for name in self._names]


def _default_method(estimator: Any, methods: Sequence[str], wanted: str | None) -> str:
    if wanted is not None and wanted not in methods:
        raise ValueError(
            f"{type(estimator).__name__} has no method {wanted}; it has {', '.join(methods) or 'none'}"
        )
    if not methods:
        raise ValueError(f"{type(estimator).__name__} has none of the methods {', '.join(METHODS)}")
    return wanted if wanted is not None else methods[0]


def _inner(estimator: Any, first: bool) -> Any | None:
    """The estimator inside a pipeline, at either end, or inside a search."""
    steps = [
        step for _, step in getattr(estimator, "steps", ()) if step is not None and not isinstance(step, str)
    ]
    if steps:
        return steps[0] if first else steps[-1]
    return getattr(estimator, "best_estimator_", None)


def _descend(estimator: Any, first: bool) -> Iterator[Any]:
    for _ in range(_NESTING):
        yield estimator
        estimator = _inner(estimator, first)
        if estimator is None:
            return


def _receiver(estimator: Any) -> Any:
    """The estimator that the instances reach first."""
    return list(_descend(estimator, first=True))[-1]


def _answerer(estimator: Any) -> Any:
    """The estimator that gives the prediction."""
    return list(_descend(estimator, first=False))[-1]


def _reads(receiver: Any) -> str:
    name = type(receiver).__name__
    if name in _TEXT_READERS:
        return "text"
    return "mappings" if name in _MAPPING_READERS else "rows"


def _names(receiver: Any) -> list[str] | None:
    names = getattr(receiver, "feature_names_in_", None)
    return None if names is None else [str(name) for name in names]


def _width(receiver: Any) -> int | None:
    width = getattr(receiver, "n_features_in_", None)
    return None if width is None else int(width)


def _chooses_by_name(receiver: Any) -> bool:
    if type(receiver).__name__ != _COLUMN_CHOOSER:
        return False
    chosen = (columns for _, _, columns in getattr(receiver, "transformers", ()))
    return any(
        isinstance(c, str) or (isinstance(c, list) and any(isinstance(n, str) for n in c)) for c in chosen
    )


def _frame_maker(wanted: bool, names: list[str] | None, needed: bool) -> Any | None:
    """A function that makes a frame of a table, where the model wants one."""
    if names is None or not (wanted or needed):
        return None
    try:
        pandas = importlib.import_module("pandas")
    except ImportError as error:
        raise ValueError("the model chooses columns by name, for which pandas must be installed") from error

    def frame(table: np.ndarray[Any, Any]) -> Any:
        made = pandas.DataFrame(table, columns=names)
        return made.infer_objects() if table.dtype == object else made

    return frame


def _calm(estimator: Any) -> None:
    """One thread a prediction, and no warning about names that were checked here.

    Requests already run side by side; threads inside a prediction cost more than they give, and summing trees in
    whatever order threads end makes the last digit of a forest's prediction a matter of luck.
    """
    warnings.filterwarnings("ignore", message="X does not have valid feature names", category=UserWarning)
    get_params = getattr(estimator, "get_params", None)
    if not callable(get_params):
        return
    parallel = {
        name: None
        for name, value in get_params().items()
        if name.endswith("n_jobs") and value not in (None, 1)
    }
    if parallel:
        estimator.set_params(**parallel)


def _spare_frame_checks() -> None:
    """Say at once that an array is no data frame.

    scikit-learn 1.9 asks narwhals four times a prediction, which looks for the methods of every kind of frame; for one
    row of a linear model that is most of the time.
    """
    with contextlib.suppress(ImportError, AttributeError):
        module = importlib.import_module("narwhals.stable.v2.dependencies")
        for name in ("is_into_dataframe", "is_into_series"):
            check = getattr(module, name)
            if check.__module__ != __name__:
                setattr(module, name, _no_array(check))


def _no_array(check: Callable[[Any], bool]) -> Callable[[Any], bool]:
    def checked(value: Any) -> bool:
        return type(value) is not np.ndarray and check(value)

    return checked


def _table(instances: list[Any]) -> np.ndarray[Any, Any]:
    """The instances as a matrix: float64 where every value is a number, objects where there is text."""
    try:
        table = np.array(instances)
    except ValueError:
        raise BadInput(_about_shape(instances)) from None
    if table.ndim != 2:  # noqa: PLR2004 - instances by features
        raise BadInput(_about_shape(instances))
    if table.dtype.kind in "fiub":
        return table.astype(np.float64, copy=False)
    # numpy makes text of everything when one value is text, so the values are taken as they are.
    table = np.array(instances, dtype=object)
    if table.ndim != 2:  # noqa: PLR2004
        raise BadInput(_about_shape(instances))
    return table if _has_text(table) else _numbers(table)


def _has_text(table: np.ndarray[Any, Any]) -> bool:
    return any(isinstance(value, str) for value in table.flat)


def _numbers(table: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Numbers with gaps: null becomes NaN."""
    try:
        return table.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        raise BadInput("A value is neither a number, nor text, nor null.") from None


def _about_shape(instances: list[Any]) -> str:
    lengths: list[int] = []
    for index, instance in enumerate(instances):
        if not isinstance(instance, list):
            return f"Instance {index} is {_word(instance)}; expected a list of values."
        nested = next((value for value in instance if isinstance(value, list | dict)), None)
        if nested is not None:
            return f"Instance {index} holds {_word(nested)}; expected plain values."
        lengths.append(len(instance))
        if len(instance) != lengths[0]:
            return f"Instance {index} has {len(instance)} values, those before it {lengths[0]}."
    return "The instances are empty." if not instances else "The instances are no table of values."


def _word(value: Any) -> str:
    words = {
        dict: "an object",
        list: "a list",
        str: "text",
        bool: "a boolean",
        int: "a number",
        float: "a number",
    }
    return words.get(type(value), "null")


def _about_names(index: int, missing: Sequence[str], unknown: Sequence[str]) -> str:
    parts = []
    if missing:
        parts.append(f"lacks {', '.join(missing)}")
    if unknown:
        parts.append(f"has the unknown {', '.join(unknown)}")
    return f"Instance {index} {' and '.join(parts)}."


def _texts(instances: list[Any]) -> list[str]:
    texts = [row[0] if isinstance(row, list) and len(row) == 1 else row for row in instances]
    for index, text in enumerate(texts):
        if not isinstance(text, str):
            raise BadInput(f"Instance {index} is {_word(text)}; the model reads text.")
    return texts


def _mappings(instances: list[Any]) -> list[Any]:
    for index, instance in enumerate(instances):
        if not isinstance(instance, dict):
            raise BadInput(f"Instance {index} is {_word(instance)}; the model reads objects of features.")
    return instances


def _plain(result: Any) -> Any:
    """A result as an array or lists: sparse matrices and frames made dense, several outputs instance by instance."""
    if isinstance(result, list) and result and all(isinstance(part, np.ndarray) for part in result):
        return [list(parts) for parts in zip(*(part.tolist() for part in result), strict=True)]
    for name in ("toarray", "to_numpy"):
        convert = getattr(result, name, None)
        if callable(convert):
            return convert()
    return result


def _datatype(dtype: np.dtype[Any]) -> str:
    names = {"f": "FP", "i": "INT", "u": "UINT"}
    if dtype.kind in names:
        return f"{names[dtype.kind]}{dtype.itemsize * 8}"
    return "BOOL" if dtype.kind == "b" else "BYTES"
