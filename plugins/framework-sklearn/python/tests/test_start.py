"""What makes the adapter start and predict faster changes no result."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import RandomizedSearchCV
from sklearn.utils.validation import _get_feature_names

from mlcontainer_sklearn import load

DEFERRED = """
import sys
import mlcontainer_sklearn
import sklearn.ensemble, sklearn.isotonic, sklearn.linear_model, sklearn.model_selection, sklearn.pipeline
assert "scipy.stats._stats_py" not in sys.modules
model = mlcontainer_sklearn.load(sys.argv[1], {})
assert "scipy.stats._stats_py" in sys.modules
import scipy.stats
from scipy.stats._distn_infrastructure import rv_frozen
searched = model._estimator.param_distributions["alpha"]
assert isinstance(searched, rv_frozen)
assert type(searched) is type(scipy.stats.uniform(0, 1))
print(model.predict([[1.0, 2.0]], {})[0])
"""


def test_scipy_stats_comes_when_a_pickle_names_it(tmp_path: Path):
    from scipy.stats import uniform

    x = np.arange(40.0).reshape(20, 2) ** 1.5
    search = RandomizedSearchCV(Ridge(), {"alpha": uniform(0.1, 5)}, n_iter=3, cv=2, random_state=0)
    search.fit(x, x[:, 0])
    path = tmp_path / "search.pkl"
    path.write_bytes(pickle.dumps(search))
    done = subprocess.run(
        [sys.executable, "-c", DEFERRED, str(path)],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert done.stderr == ""
    assert float(done.stdout) == search.predict([[1.0, 2.0]])[0]


def test_frames_are_still_known_after_a_load(tmp_path: Path):
    path = tmp_path / "ridge.pkl"
    path.write_bytes(pickle.dumps(Ridge().fit([[0.0], [1.0]], [0.0, 1.0])))
    for _ in range(3):
        load(str(path), {})
    frame = pd.DataFrame({"a": [1.0], "b": [2.0]})
    assert _get_feature_names(frame).tolist() == ["a", "b"]
    assert _get_feature_names(frame.to_numpy()) is None
