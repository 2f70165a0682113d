"""Pickles every estimator of the installed scikit-learn, fitted on toy data with every option it names.

The pickles are only material for scripts/collect-globals.ts, which reads the globals out of them.
Usage: python scripts/pickle_estimators.py FOLDER
"""

from __future__ import annotations

import inspect
import pickle
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

RNG = np.random.RandomState(0)
X = np.abs(RNG.randn(30, 4)) + 0.1
Y_CLASS = RNG.randint(0, 2, 30)
Y_TEXT = np.array(["no", "yes"], dtype=object)[Y_CLASS]
Y_REAL = X @ np.array([1.0, 2.0, 3.0, 4.0]) + RNG.rand(30)
Y_POSITIVE = np.abs(Y_REAL) + 1
Y_MANY = np.arange(30) % 3
WHOLE = RNG.randint(0, 3, (30, 4))
IMAGES = RNG.rand(2, 8, 8)
TEXTS = ["one two three", "two three four", "three four five", "five six one"] * 4

# Options of scikit-learn before 1.2, which has no _parameter_constraints, and those that are no plain strings.
OPTIONS: dict[str, list[Any]] = {
    "loss": [
        "hinge",
        "log",
        "log_loss",
        "modified_huber",
        "squared_hinge",
        "perceptron",
        "squared_error",
        "huber",
        "epsilon_insensitive",
        "squared_epsilon_insensitive",
        "squared_loss",
        "ls",
        "lad",
        "quantile",
        "absolute_error",
        "poisson",
        "gamma",
        "deviance",
        "exponential",
        "auto",
        "binary_crossentropy",
        "categorical_crossentropy",
        "least_squares",
        "least_absolute_deviation",
    ],
    "kernel": [
        "linear",
        "poly",
        "rbf",
        "sigmoid",
        "gaussian",
        "tophat",
        "epanechnikov",
        "exponential",
        "cosine",
    ],
    "algorithm": [
        "auto",
        "ball_tree",
        "kd_tree",
        "brute",
        "SAMME",
        "SAMME.R",
        "full",
        "elkan",
        "arpack",
        "randomized",
    ],
    "metric": [
        "euclidean",
        "manhattan",
        "chebyshev",
        "minkowski",
        "cosine",
        "canberra",
        "braycurtis",
        "hamming",
    ],
    "solver": [
        "lbfgs",
        "liblinear",
        "newton-cg",
        "newton-cholesky",
        "sag",
        "saga",
        "svd",
        "eigen",
        "adam",
        "sgd",
        "auto",
        "highs",
    ],
    "link": ["auto", "identity", "log"],
    "power": [0, 1, 1.5, 2, 3],
    "encode": ["onehot", "ordinal"],
    "strategy": ["mean", "median", "most_frequent", "constant", "uniform", "quantile", "stratified", "prior"],
    "dtype": [np.float32, np.float64, np.int64, float, int, bool, object],
    "random_state": [np.random.RandomState(0)],
}


SPARSE = [
    getattr(sp, f"{kind}_{family}")
    for kind in ("csr", "csc", "coo", "dia", "bsr", "lil")
    for family in ("matrix", "array")
    if hasattr(sp, f"{kind}_{family}")
]


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


def extras() -> Iterator[Any]:
    """What no estimator shows by itself: kernels, scorers, splitters, neighbours, common numpy functions."""
    from sklearn import gaussian_process, model_selection, neighbors, preprocessing
    from sklearn.gaussian_process import kernels as k
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.metrics import make_scorer, accuracy_score, mean_squared_error

    for kernel in [
        k.RBF(),
        k.Matern(),
        k.RationalQuadratic(),
        k.ExpSineSquared(),
        k.DotProduct(),
        k.PairwiseKernel(),
        k.RBF() + k.WhiteKernel(),
        k.ConstantKernel() * k.RBF(),
        k.RBF() ** 2,
        k.CompoundKernel([k.RBF()]),
    ]:
        yield kernel
        try:
            yield gaussian_process.GaussianProcessRegressor(kernel, optimizer=None).fit(X, Y_REAL)
        except Exception:  # noqa: BLE001 -- not every kernel takes these data
            continue
    metrics = sklearn.metrics
    names = metrics.get_scorer_names() if hasattr(metrics, "get_scorer_names") else sorted(metrics.SCORERS)
    for name in names:
        yield metrics.get_scorer(name)
    for score in (accuracy_score, mean_squared_error):
        yield model_selection.GridSearchCV(
            LogisticRegression(), {"C": [1.0]}, scoring=make_scorer(score)
        ).fit(X, Y_CLASS)
    for name, cls in inspect.getmembers(model_selection, inspect.isclass):
        if hasattr(cls, "split") and not inspect.isabstract(cls):
            try:
                splitter = (
                    cls(1)
                    if name in {"LeavePOut", "LeavePGroupsOut"}
                    else cls(Y_CLASS)
                    if name == "PredefinedSplit"
                    else cls()
                )
                yield splitter
                yield model_selection.GridSearchCV(Ridge(), {"alpha": [1.0]}, cv=splitter).fit(X, Y_REAL)
            except Exception:  # noqa: BLE001 -- abstract, or not for these data
                continue
    yield from (kind(sp.csr_matrix(X)) for kind in SPARSE)
    try:
        from sklearn.frozen import FrozenEstimator

        yield FrozenEstimator(LogisticRegression().fit(X, Y_CLASS))
    except ImportError:
        pass
    distance = getattr(sklearn.metrics, "DistanceMetric", None) or neighbors.DistanceMetric
    for metric in [
        "euclidean",
        "manhattan",
        "chebyshev",
        "minkowski",
        "canberra",
        "braycurtis",
        "hamming",
        "jaccard",
        "haversine",
        "seuclidean",
        "mahalanobis",
        "dice",
        "kulsinski",
        "rogerstanimoto",
        "russellrao",
        "sokalmichener",
        "sokalsneath",
        "matching",
        "wminkowski",
        "l1",
        "l2",
        "p",
        "infinity",
        "cityblock",
    ]:
        keywords: dict[str, Any] = {
            "seuclidean": {"V": np.ones(4)},
            "mahalanobis": {"V": np.eye(4)},
            "wminkowski": {"w": np.ones(4)},
        }.get(metric, {})
        for dtype in (np.float64, np.float32):
            try:
                yield (
                    distance.get_metric(metric, dtype, **keywords)
                    if dtype is np.float32
                    else distance.get_metric(metric, **keywords)
                )
            except Exception:  # noqa: BLE001 -- not in every version
                pass
        for tree in (neighbors.BallTree, neighbors.KDTree):
            try:
                yield tree(X, metric=metric, **keywords)
            except Exception:  # noqa: BLE001 -- not every tree takes every metric
                pass
    for function in (
        np.log1p,
        np.expm1,
        np.log,
        np.exp,
        np.sqrt,
        np.square,
        np.abs,
        np.sin,
        np.cos,
        np.log2,
        np.log10,
        np.reciprocal,
        np.sign,
        np.negative,
        np.cbrt,
        np.tanh,
        np.isnan,
        np.isfinite,
        np.floor,
        np.ceil,
        np.rint,
        np.nan_to_num,
        np.ravel,
        np.asarray,
        np.squeeze,
        np.sum,
        np.mean,
        np.median,
        np.max,
        np.min,
        np.std,
    ):
        yield preprocessing.FunctionTransformer(function)
        yield preprocessing.FunctionTransformer(np.log1p, inverse_func=function)


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
        names = frozenset(name for protocol in (2,) for name in collect(pickle.dumps(model, protocol)))
        if names in seen:
            continue
        seen.add(names)
        (folder / f"{written:04}.pkl").write_bytes(data)
        for protocol in (2, 5):
            joblib.dump(model, folder / f"{written:04}-{protocol}.joblib", protocol=protocol)
        written += 1
    print(sklearn.__version__, "written", written, "not picklable", skipped)


def collect(data: bytes) -> Iterator[str]:
    import pickletools

    for opcode, argument, _ in pickletools.genops(data):
        if opcode.name == "GLOBAL":
            yield str(argument)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
