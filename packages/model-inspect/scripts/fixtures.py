"""Writes test/fixtures: small models of the installed scikit-learn, and what is true of them.

Run it once with each version: `python scripts/fixtures.py test/fixtures full` for the newest, which gets every
protocol and compression, and without `full` for the others. Needs scikit-learn, pandas and lz4. Nothing in the
malicious files does harm: what they would call is `os.system("true")`.
"""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import pickle
import pickletools
import sys
import zlib
from pathlib import Path
from typing import Any

import joblib
import lz4.frame
import numpy as np
import pandas as pd
import sklearn
from sklearn.ensemble import RandomForestRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

COMPRESSIONS = ("zlib", "gzip", "bz2", "lzma", "xz", "lz4")
FEATURES = ["long one", "größe", "c"]


def models() -> dict[str, Any]:
    rng = np.random.RandomState(0)
    x = pd.DataFrame(rng.rand(24, 3), columns=FEATURES)
    words = np.array(["setosa", "virginica"])[rng.randint(0, 2, 24)]
    steps = [("scale", StandardScaler()), ("classify", LogisticRegression())]
    texts = ["a good one", "a bad one"] * 3
    return {
        "pipeline": Pipeline(steps).fit(x, words),
        "forest": RandomForestRegressor(2, max_depth=2, random_state=0).fit(x.to_numpy(), rng.rand(24)),
        "search": GridSearchCV(LogisticRegression(), {"C": [1.0]}, cv=2).fit(
            x.to_numpy(), rng.randint(0, 2, 24)
        ),
        "text": Pipeline([("read", TfidfVectorizer()), ("classify", LogisticRegression())]).fit(
            texts, [1, 0] * 3
        ),
    }


def truth(model: Any) -> dict[str, Any]:
    """What inspection should find, from the loaded object."""
    found: dict[str, Any] = {
        "version": sklearn.__version__,
        "className": f"{type(model).__module__}.{type(model).__name__}",
    }
    if hasattr(model, "classes_"):
        found["classes"] = np.asarray(model.classes_).tolist()
    if hasattr(model, "feature_names_in_"):
        found["featureNames"] = list(model.feature_names_in_)
    if hasattr(model, "n_features_in_"):
        found["features"] = int(model.n_features_in_)
    if hasattr(model, "steps"):
        found["steps"] = [[name, f"{type(s).__module__}.{type(s).__name__}"] for name, s in model.steps]
    return found


class Evil:
    """Pickles as a call of os.system."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("true",)


COMPRESS = {
    "zlib": zlib.compress,
    "gzip": lambda data: gzip.compress(data, mtime=0),
    "bz2": bz2.compress,
    "lzma": lambda data: lzma.compress(data, format=lzma.FORMAT_ALONE),
    "xz": lzma.compress,
    "lz4": lz4.frame.compress,
}


def malicious(folder: Path) -> None:
    behind = [np.arange(100.0), Evil()]
    nested = np.array([1, Evil()], dtype=object)
    for compression in COMPRESSIONS:
        joblib.dump(behind, folder / f"behind-array.{compression}", compress=(compression, 3))
        joblib.dump({"a": nested}, folder / f"in-object-array.{compression}", compress=(compression, 3))
    for protocol in range(6):
        (folder / f"plain-{protocol}.pkl").write_bytes(pickle.dumps(Evil(), protocol))
    joblib.dump(behind, folder / "behind-array.joblib")
    joblib.dump({"a": nested}, folder / "in-object-array.joblib")


def arrays() -> list[Any]:
    """Arrays of every kind of data type, order and rank."""
    plain = [np.arange(3).astype(kind) for kind in ("i1", ">i4", "u8", "f2", "f4", "c16", "?")]
    texts = [np.array(["a", "bc"]), np.array([b"a", b"bc"]), np.array([b"\0x"], dtype="V2")]
    dates = [np.array(["2020-01-02"], dtype=kind) for kind in ("M8[ns]", "M8[25us]", "M8[D]")] + [
        np.array([1], "m8[s]")
    ]
    aligned = np.dtype([("a", "i1"), ("b", "f8")], align=True)
    records = [
        np.zeros(2, [("a", "f8"), ("b", "U3")]),
        np.zeros(2, [("a", "U3"), ("b", "O")]),
        np.zeros(2, [("a", [("b", "O"), ("c", "i4")])]),
        np.zeros(2, [("a", "f4", (2, 3))]),
        np.zeros(2, aligned),
        np.rec.array([(1, 2.0)], dtype=[("x", "i4"), ("y", "f8")]),
    ]
    shapes = [
        np.array(1.5),
        np.zeros((0, 3)),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.ones((2, 2, 2)),
    ]
    objects = [
        np.array([1, "two", None, [3.0]], dtype=object),
        np.empty((0,), dtype=object),
        np.array(None, dtype=object),
    ]
    return [
        plain,
        texts,
        dates,
        records,
        shapes,
        objects,
        [np.float32(1), np.str_("x"), np.int64(-1), np.bool_(True)],
    ]


def main(target: Path, full: bool) -> None:
    folder = target / f"sklearn-{sklearn.__version__}"
    folder.mkdir(parents=True, exist_ok=True)
    index: dict[str, Any] = {}
    made = models()
    for name, model in made.items():
        index[name] = truth(model)
        joblib.dump(model, folder / f"{name}.joblib")
        (folder / f"{name}.pkl").write_bytes(pickle.dumps(model))
    if full:
        for protocol in range(6):
            joblib.dump(made["pipeline"], folder / f"pipeline-{protocol}.joblib", protocol=protocol)
            (folder / f"pipeline-{protocol}.pkl").write_bytes(pickle.dumps(made["pipeline"], protocol))
            for compression in COMPRESSIONS:
                path = folder / f"pipeline-{protocol}.{compression}"
                joblib.dump(made["pipeline"], path, compress=(compression, 3), protocol=protocol)
        for protocol in range(6):
            joblib.dump(arrays(), target / f"arrays-{protocol}.joblib", protocol=protocol)
            (target / f"arrays-{protocol}.pkl").write_bytes(pickle.dumps(arrays(), protocol))
        evil = target / "malicious"
        evil.mkdir(exist_ok=True)
        malicious(evil)
        plain = pickletools.optimize(pickle.dumps({"a": [1, 2.5, "three"] * 40, "b": (None, True)}, 4))
        for compression, compress in COMPRESS.items():
            (target / f"plain.{compression}").write_bytes(compress(plain))
        (target / "plain.pkl").write_bytes(plain)
    (folder / "truth.json").write_text(json.dumps(index, indent=1, ensure_ascii=False) + "\n")


main(Path(sys.argv[1]), sys.argv[2:] == ["full"])
