# SPDX-License-Identifier: Apache-2.0
"""Can a classifier tell generated showers from simulated ones? The field's sharpest single number."""

from __future__ import annotations

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

from training.physics.comparison import Estimate
from training.physics.observables import Array

FOLDS = 5
MOST_SHOWERS = 20_000
"""Of each sample: what the area is then uncertain by is 0.003."""


def classifier_auc(full: Array, generated: Array, random: np.random.Generator) -> Estimate:
    """Return the area under the ROC curve of a classifier: 0.5 cannot tell them apart, 1 always can.

    Small boosted trees on high-level features, each fold judged by trees that never saw it. By chance the
    area can be below 0.5. The error is the standard error of the folds' mean.

    Args:
        full: Features, shape (showers, features); two showers at least.
        generated: The same of the other sample.
        random: Draws the folds.
    """
    rows = np.concatenate([_at_most(full, random), _at_most(generated, random)])
    labels = np.repeat([0, 1], [min(len(full), MOST_SHOWERS), min(len(generated), MOST_SHOWERS)])
    number = min(FOLDS, len(full), len(generated))
    folds = StratifiedKFold(number, shuffle=True, random_state=int(random.integers(2**31)))
    with threadpool_limits(1):  # threads that wait for each other on a busy machine take 50 times as long
        areas = [_area(rows, labels, *fold) for fold in folds.split(rows, labels)]
    return Estimate(float(np.mean(areas)), float(np.std(areas, ddof=1) / np.sqrt(number)))


def _area(rows: Array, labels: Array, learned: Array, judged: Array) -> float:
    trees = HistGradientBoostingClassifier(
        max_iter=100,
        max_leaf_nodes=8,
        min_samples_leaf=10,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=0,
    )
    trees.fit(rows[learned], labels[learned])
    return float(roc_auc_score(labels[judged], trees.predict_proba(rows[judged])[:, 1]))


def _at_most(rows: Array, random: np.random.Generator) -> Array:
    return rows if len(rows) <= MOST_SHOWERS else random.choice(rows, MOST_SHOWERS, replace=False)
