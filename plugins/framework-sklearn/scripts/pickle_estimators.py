"""Pickles every estimator of the installed scikit-learn, fitted on toy data with every option it names.

The pickles are only material for scripts/collect-globals.ts, which reads the globals out of them.
Usage: python scripts/pickle_estimators.py FOLDER
"""

from __future__ import annotations

import inspect
import pickle
import pickletools
import sys
import warnings
from pathlib import Path
from typing import Any, Iterator

import joblib
import numpy as np
import scipy.sparse as sp
import sklearn
from sklearn.experimental import enable_halving_search_cv, enable_iterative_imputer  # noqa: F401
from sklearn.utils import all_estimators

from estimator_options import OPTIONS
from extra_objects import extras
from toy_data import IMAGES, TEXTS, WHOLE, X, Y_CLASS, Y_MANY, Y_POSITIVE, Y_REAL, Y_TEXT


def required(cls: type) -> dict[str, Any]:
    """Arguments that an estimator cannot do without."""
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.preprocessing import StandardScaler
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    reg = cls.__name__.endswith("Regressor") or cls.__name__ in {"RegressorChain", "MultiOutputRegressor"}
    inner: Any = Ridge() if reg else LogisticRegression()
    tree: Any = DecisionTreeRegressor(max_depth=2) if reg else DecisionTreeClassifier(max_depth=2)
    table: dict[str, Any] = {
        "estimator": inner,
        "base_estimator": inner,
        "regressor": inner,
        "estimators": [("a", inner), ("b", tree)],
        "transformers": [("a", StandardScaler(), [0, 1]), ("b", "passthrough", [2])],
        "transformer_list": [("a", StandardScaler())],
        "steps": [("a", StandardScaler()), ("b", inner)],
        "param_grid": {"C": [0.1, 1.0]},
        "param_distributions": {"C": [0.1, 1.0]},
        "dictionary": np.eye(4),
    }
    found: dict[str, Any] = {}
    for name, parameter in inspect.signature(cls.__init__).parameters.items():
        if parameter.default is inspect.Parameter.empty and name in table:
            found[name] = table[name]
    return found


def variants(cls: type) -> Iterator[dict[str, Any]]:
    """Argument sets: the plain one, then each option alone."""
    yield {}
    names = inspect.signature(cls.__init__).parameters
    constraints = getattr(cls, "_parameter_constraints", {})
    for name in names:
        values: list[Any] = list(OPTIONS.get(name, []))
        for constraint in constraints.get(name, []) if isinstance(constraints, dict) else []:
            options = getattr(constraint, "options", None)
            if options:
                # "filename" would open and close the numbers of the toy data as file descriptors.
                values += sorted(options - {"filename"}, key=str)
            elif constraint == "boolean":
                values += [True, False]
        for value in values:
            yield {name: value}


def fits(estimator: Any, kinds: bool) -> Iterator[Any]:
    """The estimator fitted on the first data it takes, and on the kinds that change what it holds."""
    attempts = [
        (X, Y_MANY),
        (X, Y_CLASS),
        (X, Y_REAL),
        (X, Y_POSITIVE),
        (WHOLE, Y_CLASS),
        (TEXTS, None),
        ([{"a": 1}, {"b": 2}], None),
        (Y_CLASS, None),
        (X @ X.T, None),
        (IMAGES, None),
        (X, np.c_[Y_CLASS, Y_CLASS]),
    ]
    done = False
    for data, target in attempts:
        if done:
            break
        # An estimator with copy=False works on its input.
        data = data.copy()
        try:
            estimator.fit(data, target) if target is not None else estimator.fit(data)
            done = True
            yield estimator
        except Exception:  # noqa: BLE001 -- the next data may fit
            continue
    if not kinds:
        return
    kinds_of_data = [
        (X.copy(), Y_TEXT),
        (X.copy(), Y_CLASS),
        (X.copy(), Y_REAL),
        (X.astype(np.float32), Y_CLASS),
        (sp.csr_matrix(X), Y_CLASS),
        (sp.csr_matrix(X), Y_REAL),
        (X.copy(), np.c_[Y_CLASS, Y_MANY]),
        (X.copy(), np.c_[Y_REAL, Y_REAL]),
        (WHOLE, Y_MANY),
    ]
    for data, target in kinds_of_data:
        try:
            yield sklearn.base.clone(estimator).fit(data, target)
        except Exception:  # noqa: BLE001 -- not every estimator takes every kind
            continue


def models() -> Iterator[Any]:
    for _, cls in all_estimators():
        for arguments in variants(cls):
            try:
                estimator = cls(**{**required(cls), **arguments})
            except Exception:  # noqa: BLE001 -- an option of another estimator
                continue
            if (
                "n_components" in inspect.signature(cls.__init__).parameters
                and "n_components" not in arguments
            ):
                estimator.set_params(n_components=1)
            for name in ("n_estimators", "max_iter"):
                if name in inspect.signature(cls.__init__).parameters and name not in arguments:
                    estimator.set_params(**{name: 3})
            yield from fits(estimator, not arguments)
    yield from extras()


def main(folder: Path) -> None:
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    folder.mkdir(parents=True, exist_ok=True)
    seen: set[frozenset[str]] = set()
    written = skipped = 0
    for model in models():
        try:
            data = pickle.dumps(model, 4)
        except Exception:  # noqa: BLE001 -- lambdas in the model
            skipped += 1
            continue
        # One pickle for each set of names is enough, and keeps the folder small.
        names = frozenset(collect(pickle.dumps(model, 2)))
        if names in seen:
            continue
        seen.add(names)
        (folder / f"{written:04}.pkl").write_bytes(data)
        for protocol in (2, 5):
            joblib.dump(model, folder / f"{written:04}-{protocol}.joblib", protocol=protocol)
        written += 1
    print(sklearn.__version__, "written", written, "not picklable", skipped)


def collect(data: bytes) -> Iterator[str]:
    for opcode, argument, _ in pickletools.genops(data):
        if opcode.name == "GLOBAL":
            yield str(argument)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
