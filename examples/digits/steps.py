# SPDX-License-Identifier: Apache-2.0
"""What the pipeline's steps call: the data before the search, the winner's export and verdict after it."""

from __future__ import annotations

from pathlib import Path

import joblib
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split


def prepare(source: str, destination: Path) -> dict[str, int]:
    """Write the images to train on, and those that no trial sees."""
    images, labels = load_digits(return_X_y=True)
    parts = train_test_split(images / 16, labels, random_state=0)
    destination.mkdir(parents=True, exist_ok=True)
    np.savez(destination / "training.npz", images=parts[0], labels=parts[2])
    np.savez(destination / "test.npz", images=parts[1], labels=parts[3])
    return {"training": len(parts[0]), "test": len(parts[1])}


def export(model: Path, destination: Path) -> dict[str, str]:
    """Make the winner deployable: plain arrays, which need no scikit-learn to be read."""
    network = joblib.load(model / "digits.joblib")
    destination.mkdir(parents=True, exist_ok=True)
    np.savez(destination / "digits.npz", *network.coefs_, *network.intercepts_)
    return {"framework": "numpy"}


def evaluate(model: Path, dataset: Path, destination: Path) -> dict[str, float]:
    """Judge it on the images that no trial saw; the pipeline's `thresholds` may ask for a minimum."""
    inner, outer, inner_bias, outer_bias = np.load(model / "digits.npz").values()
    images, labels = np.load(dataset / "test.npz").values()
    hidden = np.maximum(images @ inner + inner_bias, 0)
    return {"accuracy": float(np.mean(np.argmax(hidden @ outer + outer_bias, axis=1) == labels))}
