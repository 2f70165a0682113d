"""Trains and exports the model of this example; `model.joblib` beside it is what this script wrote.

pip install scikit-learn==1.9.1 pandas
python train.py
"""

from pathlib import Path

import joblib
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split


def main() -> None:
    data = load_breast_cancer(as_frame=True)
    # Names instead of 0 and 1, so that the service answers in words.
    diagnosis = np.asarray(data.target_names)[data.target]
    train_x, test_x, train_y, test_y = train_test_split(data.data, diagnosis, random_state=0)
    model = RandomForestClassifier(n_estimators=60, max_depth=6, random_state=0)
    model.fit(train_x, train_y)
    path = Path(__file__).with_name("model.joblib")
    joblib.dump(model, path, compress=("zlib", 6))
    print(f"accuracy on held-out patients: {model.score(test_x, test_y):.3f}; {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
