"""Writes models that a build must refuse: python bad_models.py FOLDER. Needs joblib and numpy."""

import os
import pickle
import sys
import types
from pathlib import Path

import joblib
import numpy


class Shell:
    """Runs a command when it is unpickled."""

    def __reduce__(self):
        return (os.system, ("touch /tmp/mlc-owned",))


def stamped(version: str) -> object:
    """An estimator that says which scikit-learn wrote it, without scikit-learn."""
    module = types.ModuleType("sklearn.linear_model._base")
    for name in ("sklearn", "sklearn.linear_model"):
        sys.modules.setdefault(name, types.ModuleType(name))
    sys.modules[module.__name__] = module
    kind = type("LinearRegression", (), {"__module__": module.__name__})
    module.LinearRegression = kind
    estimator = kind()
    estimator.__dict__.update(n_features_in_=2, coef_=numpy.ones(2), intercept_=0.0, _sklearn_version=version)
    return estimator


def main(folder: Path) -> None:
    (folder / "system.pkl").write_bytes(pickle.dumps(Shell()))
    joblib.dump([numpy.zeros(5000), Shell()], folder / "behind.joblib", compress=("xz", 3))
    joblib.dump(stamped("1.4.2"), folder / "good.joblib")
    joblib.dump(stamped("0.22.2"), folder / "old.joblib")
    good = (folder / "good.joblib").read_bytes()
    (folder / "cut.joblib").write_bytes(good[: len(good) // 2])
    (folder / "longer.joblib").write_bytes(good + b"x")
    (folder / "opcode.pkl").write_bytes(b"\x80\x04\xff.")
    (folder / "empty.joblib").write_bytes(b"")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
