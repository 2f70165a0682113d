"""What no estimator shows by itself: kernels, scorers, splitters, neighbours, common numpy functions."""

from __future__ import annotations

import inspect
from typing import Any, Iterator

import numpy as np
import scipy.sparse as sp
import sklearn
from sklearn import gaussian_process, model_selection, neighbors, preprocessing
from sklearn.gaussian_process import kernels as k
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, make_scorer, mean_squared_error

from toy_data import X, Y_CLASS, Y_REAL

SPARSE = [
    getattr(sp, f"{kind}_{family}")
    for kind in ("csr", "csc", "coo", "dia", "bsr", "lil")
    for family in ("matrix", "array")
    if hasattr(sp, f"{kind}_{family}")
]


def extras() -> Iterator[Any]:
    """All of them, in an order that stays."""
    yield from kernels()
    yield from scorers()
    yield from splitters()
    yield from (kind(sp.csr_matrix(X)) for kind in SPARSE)
    yield from frozen()
    yield from distances()
    yield from functions()


def kernels() -> Iterator[Any]:
    """Kernels, and a process over each that takes the data."""
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


def scorers() -> Iterator[Any]:
    """Every named scorer, and searches that hold one made of a function."""
    metrics = sklearn.metrics
    names = metrics.get_scorer_names() if hasattr(metrics, "get_scorer_names") else sorted(metrics.SCORERS)
    for name in names:
        yield metrics.get_scorer(name)
    for score in (accuracy_score, mean_squared_error):
        yield model_selection.GridSearchCV(
            LogisticRegression(), {"C": [1.0]}, scoring=make_scorer(score)
        ).fit(X, Y_CLASS)


def splitters() -> Iterator[Any]:
    """Every splitter, and a search that holds it."""
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


def frozen() -> Iterator[Any]:
    """An estimator that is fitted no more, where the version has it."""
    try:
        from sklearn.frozen import FrozenEstimator

        yield FrozenEstimator(LogisticRegression().fit(X, Y_CLASS))
    except ImportError:
        pass


def distances() -> Iterator[Any]:
    """Distances in both precisions, and trees over them."""
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


def functions() -> Iterator[Any]:
    """numpy's functions as people hand them to a FunctionTransformer."""
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
