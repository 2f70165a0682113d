"""The Flask app of every tutorial: load once, predict on POST /predict."""

import os

import joblib
import numpy as np
from flask import Flask, jsonify, request

app = Flask(__name__)
model = joblib.load("model.joblib")


@app.post("/predict")
def predict():
    rows = np.asarray(request.get_json()["instances"])
    return jsonify(predictions=model.predict(rows).tolist())


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(os.environ["PORT"]))
