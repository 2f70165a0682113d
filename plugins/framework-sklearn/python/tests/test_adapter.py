"""The adapter on real estimators: what goes in, what comes out, what is refused."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from mlcontainer_server.errors import BadInput
from sklearn.cluster import DBSCAN
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestRegressor
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, PowerTransformer, StandardScaler

import mlcontainer_sklearn


def saved(tmp_path: Path, estimator: Any, **settings: Any) -> Any:
    path = tmp_path / "model.joblib"
    joblib.dump(estimator, path)
    return mlcontainer_sklearn.load(str(path), settings)


@pytest.fixture
def diabetes(tmp_path: Path) -> Any:
    x, y = load_diabetes(return_X_y=True, as_frame=True)
    return saved(tmp_path, make_pipeline(StandardScaler(), Ridge()).fit(x, y))


def test_rows_predict_as_the_estimator_does(tmp_path: Path) -> None:
    x, y = load_diabetes(return_X_y=True)
    estimator = make_pipeline(StandardScaler(), Ridge()).fit(x, y)
    assert np.array_equal(saved(tmp_path, estimator).predict(x.tolist(), {}), estimator.predict(x))


def test_objects_go_in_the_order_of_the_columns(diabetes: Any) -> None:
    x, _ = load_diabetes(return_X_y=True, as_frame=True)
    rows = x.head(5).to_numpy().tolist()
    objects = [dict(reversed(list(zip(x.columns, row, strict=True)))) for row in rows]
    assert np.array_equal(diabetes.predict(objects, {}), diabetes.predict(rows, {}))


def test_no_warning_about_names(diabetes: Any) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        mlcontainer_sklearn._calm(diabetes._estimator)
        diabetes.predict([[0.1] * 10], {})
    assert caught == []


def test_schema(diabetes: Any) -> None:
    schema = diabetes.schema()
    assert schema["inputs"] == [{"name": "inputs", "datatype": "FP64", "shape": [-1, 10]}]
    assert schema["featureNames"][0] == "age"
    assert diabetes.warmup() == [[0.0] * 10]


@pytest.mark.parametrize(
    "instances",
    [
        [],
        [[]],
        [1.0, 2.0],
        [[0.1] * 9],
        [[0.1] * 10, [0.1] * 9],
        [[[0.1]] * 10],
        [[0.1] * 9 + ["text"]],
        [[0.1] * 9 + [None]],
        [[0.1] * 9 + [{}]],
        [{"age": 1.0}],
        [{"age": 1.0}, [0.1]],
        [None],
        ["text"],
    ],
)
def test_bad_instances(diabetes: Any, instances: list[Any]) -> None:
    with pytest.raises(BadInput):
        diabetes.predict(instances, {})


@pytest.mark.parametrize(
    "parameters", [{"method": "fit"}, {"method": "predict_proba"}, {"method": 1}, {"other": 1}]
)
def test_bad_parameters(diabetes: Any, parameters: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        diabetes.predict([[0.1] * 10], parameters)


def test_a_gap_is_nan_where_the_model_takes_it(tmp_path: Path) -> None:
    x, y = load_iris(return_X_y=True)
    trees = HistGradientBoostingClassifier(max_iter=3).fit(x, y)
    assert len(saved(tmp_path, trees).predict([[5.1, None, 1.4, 0.2]], {})) == 1


def test_methods(tmp_path: Path) -> None:
    x, y = load_breast_cancer(return_X_y=True)
    estimator = make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y)
    model = saved(tmp_path, estimator, method="predict_proba")
    rows = x[:3].tolist()
    assert np.array_equal(model.predict(rows, {}), estimator.predict_proba(x[:3]))
    assert np.array_equal(model.predict(rows, {"method": "predict"}), estimator.predict(x[:3]))
    assert np.array_equal(
        model.predict(rows, {"method": "decision_function"}), estimator.decision_function(x[:3])
    )
    assert model.schema()["outputs"][0]["shape"] == [-1, 2]


def test_text(tmp_path: Path) -> None:
    texts = ["good thing", "bad thing", "very good", "very bad"]
    estimator = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, ["yes", "no", "yes", "no"])
    model = saved(tmp_path, estimator)
    assert list(model.predict(["good", "bad"], {})) == ["yes", "no"]
    assert list(model.predict([["good"]], {})) == ["yes"]
    assert model.schema()["inputs"][0]["datatype"] == "BYTES"
    assert model.warmup() == ["warm up"]
    with pytest.raises(BadInput):
        model.predict([1], {})


def test_mappings(tmp_path: Path) -> None:
    estimator = make_pipeline(DictVectorizer(), LinearRegression()).fit([{"a": 1.0}, {"a": 2.0}], [1.0, 2.0])
    model = saved(tmp_path, estimator)
    assert model.predict([{"a": 3.0}], {}) == pytest.approx([3.0])
    with pytest.raises(BadInput):
        model.predict([[3.0]], {})


def test_columns_by_name_get_a_frame(tmp_path: Path) -> None:
    frame = pd.DataFrame({"colour": ["red", "blue", "red", "blue"], "size": [1.0, 2.0, 3.0, 4.0]})
    chooser = ColumnTransformer([("c", OneHotEncoder(), ["colour"]), ("s", StandardScaler(), ["size"])])
    estimator = make_pipeline(chooser, LinearRegression()).fit(frame, [1.0, 2.0, 3.0, 4.0])
    model = saved(tmp_path, estimator)
    expected = estimator.predict(frame)
    assert np.array_equal(model.predict(frame.to_dict("records"), {}), expected)
    assert np.array_equal(model.predict(frame.to_numpy().tolist(), {}), expected)
    assert model.warmup() is None
    with pytest.raises(BadInput, match="green"):
        model.predict([["green", 1.0]], {})


def test_without_pandas_such_a_model_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0]})
    estimator = ColumnTransformer([("s", StandardScaler(), ["a"])]).fit(frame)
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    with pytest.raises(ValueError, match="pandas"):
        saved(tmp_path, estimator)


def test_several_outputs_come_instance_by_instance(tmp_path: Path) -> None:
    x, y = load_iris(return_X_y=True)
    estimator = MultiOutputClassifier(LogisticRegression(max_iter=500)).fit(x, np.c_[y, y > 0])
    answers = saved(tmp_path, estimator).predict(x[:2].tolist(), {"method": "predict_proba"})
    assert [len(part) for part in answers[0]] == [3, 2]


def test_searches_and_transformers(tmp_path: Path) -> None:
    x, y = load_iris(return_X_y=True)
    search = saved(tmp_path, GridSearchCV(LogisticRegression(max_iter=500), {"C": [1.0]}).fit(x, y))
    assert search.schema()["outputs"][0]["datatype"] == "INT64"
    scaler = saved(tmp_path, StandardScaler().fit(x))
    assert scaler.predict([[1.0] * 4], {}).shape == (1, 4)
    assert saved(tmp_path, PowerTransformer("box-cox").fit(x)).warmup() == [[1.0] * 4]


def test_sparse_results_are_dense(tmp_path: Path) -> None:
    encoder = OneHotEncoder(handle_unknown="ignore").fit([["a"], ["b"]])
    assert saved(tmp_path, encoder).predict([["a"]], {}).tolist() == [[1.0, 0.0]]


def test_numbers_that_are_text_stay_text(tmp_path: Path) -> None:
    encoder = OneHotEncoder().fit(np.array([["1"], ["2"]], dtype=object))
    assert saved(tmp_path, encoder).predict([["2"]], {}).tolist() == [[0.0, 1.0]]


def test_one_thread_a_prediction(tmp_path: Path) -> None:
    x, y = load_diabetes(return_X_y=True)
    model = saved(tmp_path, make_pipeline(StandardScaler(), RandomForestRegressor(5, n_jobs=-1)).fit(x, y))
    assert model._estimator.get_params()["randomforestregressor__n_jobs"] is None


@pytest.mark.parametrize(
    ("estimator", "settings"), [(DBSCAN(), {}), (LinearRegression(), {"method": "transform"})]
)
def test_estimators_that_cannot_answer(tmp_path: Path, estimator: Any, settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="method"):
        saved(tmp_path, estimator, **settings)
