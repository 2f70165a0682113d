"""Trains and exports the model of this example; `model.joblib` beside it is what this script wrote.

pip install scikit-learn==1.9.1 pandas
python train.py
"""

from pathlib import Path

import joblib
from sklearn.datasets import load_diabetes
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler


def main() -> None:
    # A frame, so that the model remembers the names of its columns.
    features, progression = load_diabetes(return_X_y=True, as_frame=True)
    train_x, test_x, train_y, test_y = train_test_split(features, progression, random_state=0)
    model = Pipeline(
        [
            ("scale", StandardScaler()),
            (
                "regress",
                GradientBoostingRegressor(n_estimators=80, max_depth=2, learning_rate=0.08, random_state=0),
            ),
        ]
    )
    model.fit(train_x, train_y)
    path = Path(__file__).with_name("model.joblib")
    joblib.dump(model, path)
    print(f"R² on held-out patients: {model.score(test_x, test_y):.3f}; {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
