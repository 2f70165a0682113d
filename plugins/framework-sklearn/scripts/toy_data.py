"""Data that every estimator finds something in, small enough to fit thousands of them."""

from __future__ import annotations

import numpy as np

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
