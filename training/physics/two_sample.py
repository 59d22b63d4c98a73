# SPDX-License-Identifier: Apache-2.0
"""Can two samples of showers be told apart? Three answers, each with its error.

The Frechet and the kernel physics distance (FPD, KPD) are those of Kansal et al., arXiv 2211.10295. jetnet,
the authors' own library, brings PyTorch with CUDA; here they are in NumPy, for the sizes of sample that an
evaluation has. The tests compare FPD with jetnet's. The AUC of a classifier is the field's sharpest number.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import StratifiedKFold, cross_val_score

from training.physics.observables import Array, Estimate

GROUPS = 24
"""Showers are dealt into so many groups, whose sums give mean and covariance of every batch of groups."""
PARTS = (1, 2, 3, 4)
"""The groups make so many batches: sizes N at regular steps of 1/N, as the paper extrapolates."""
DEALS = 4
"""Ways to make the batches, to average over."""
HALVES = 12
"""Half samples that the error is estimated from."""

# Of the kernel distance.
DEGREE = 4
BATCHES = 10
LARGEST_BATCH = 2000
"""Bounds each of the kernel's matrices to 32 MB; the paper's 5,000 showers would take 200."""
# Of the classifier.
FOLDS = 5
MOST_SHOWERS = 20_000
"""Of each sample: what the area is then uncertain by is 0.003."""

Rows = npt.NDArray[np.int64]


def frechet_distance(full: Array, generated: Array, random: np.random.Generator) -> Estimate:
    """Return the Frechet distance of the two samples' Gaussians, as it would be for infinitely many showers.

    Batches of N showers give a mean distance for each N; a straight line in 1/N is extrapolated to 0. Unlike
    in jetnet a batch never holds a shower twice: here samples are not much larger than batches. The error is
    the spread of the values of half samples, which is the standard error of a whole one.

    Args:
        full: Features, shape (showers, features).
        generated: The same of the other sample.
        random: Deals the showers.
    """
    first, second = _Sums(full, random), _Sums(generated, random)
    value = _extrapolated(first, second, GROUPS, random)
    halves = [_extrapolated(first, second, GROUPS // 2, random) for _ in range(HALVES)]
    return Estimate(max(value, 0.0), float(np.std(halves)))


def gaussian_distance(mean: Array, covariance: Array, other_mean: Array, other_covariance: Array) -> float:
    """Return |m - n|^2 + Tr(C + D - 2 (C D)^1/2): the squared Wasserstein-2 distance of two Gaussians."""
    values, vectors = np.linalg.eigh(covariance)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    cross = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ other_covariance @ root), 0.0)).sum()
    apart = mean - other_mean
    return float(apart @ apart + np.trace(covariance) + np.trace(other_covariance) - 2.0 * cross)


class _Sums:
    """Counts, sums and sums of products of each group of showers."""

    def __init__(self, showers: Array, random: np.random.Generator) -> None:
        groups = np.array_split(showers[random.permutation(len(showers))], GROUPS)
        self._counts = np.array([len(group) for group in groups], dtype=np.float64)
        self._sums = np.stack([group.sum(axis=0) for group in groups])
        self._products = np.stack([group.T @ group for group in groups])

    def gaussian(self, groups: Rows) -> tuple[Array, Array]:
        """Return mean and covariance of the groups together."""
        count = self._counts[groups].sum()
        mean = self._sums[groups].sum(axis=0) / max(count, 1.0)
        scatter = self._products[groups].sum(axis=0) - count * np.outer(mean, mean)
        return mean, scatter / max(count - 1.0, 1.0)


def _extrapolated(first: _Sums, second: _Sums, groups: int, random: np.random.Generator) -> float:
    """Draw the line through the mean distances of each size of batch, and read it off at 1/N = 0.

    Args:
        first: One sample.
        second: The other.
        groups: How many groups of each to take.
        random: Chooses them, and deals them to the batches.
    """
    of_first, of_second = (random.permutation(GROUPS)[:groups] for _ in range(2))
    means = []
    for parts in PARTS:
        values = [
            gaussian_distance(*first.gaussian(one), *second.gaussian(other))
            for _ in range(DEALS if parts > 1 else 1)
            for one, other in zip(
                np.split(random.permutation(of_first), parts),
                np.split(random.permutation(of_second), parts),
                strict=True,
            )
        ]
        means.append(np.mean(values))
    return float(np.polyfit(PARTS, means, 1)[1])


def kernel_distance(full: Array, generated: Array, random: np.random.Generator) -> Estimate:
    """Return the squared maximum mean discrepancy of a polynomial kernel, (x.y / features + 1)^4.

    It is the median over batches of half of each sample, at most `LARGEST_BATCH` showers. The estimate is
    unbiased, so that it may be below 0 by chance. The error is half of the range between the 16th and the
    84th percentile of the batches; for half samples that is the standard error of a whole one.

    Args:
        full: Features, shape (showers, features).
        generated: The same of the other sample.
        random: Draws the batches.
    """
    size = min(len(full) // 2, len(generated) // 2, LARGEST_BATCH)
    values = [
        _discrepancy(
            random.choice(full, size, replace=False, shuffle=False),
            random.choice(generated, size, replace=False, shuffle=False),
        )
        for _ in range(BATCHES)
    ]
    low, median, high = np.percentile(values, [16.275, 50.0, 83.725])
    return Estimate(float(median), float(high - low) / 2.0)


def _discrepancy(first: Array, second: Array) -> float:
    within = _off_diagonal_mean(_kernel(first, first)) + _off_diagonal_mean(_kernel(second, second))
    return within - 2.0 * float(_kernel(first, second).mean())


def _kernel(first: Array, second: Array) -> Array:
    return np.asarray((first @ second.T / first.shape[1] + 1.0) ** DEGREE)


def _off_diagonal_mean(kernel: Array) -> float:
    count = len(kernel)
    return float(kernel.sum() - np.trace(kernel)) / max(count * (count - 1), 1)


def classifier_auc(full: Array, generated: Array, random: np.random.Generator) -> Estimate:
    """Return the area under the ROC curve of a classifier: 0.5 cannot tell them apart, 1 always can.

    Small boosted trees on high-level features, each fold judged by trees that never saw it. By chance the
    area can be below 0.5. The error is the standard error of the folds' mean.

    Args:
        full: Features, shape (showers, features); two showers at least.
        generated: The same of the other sample.
        random: Draws the folds.
    """
    samples = [_at_most(full, random), _at_most(generated, random)]
    number = min(FOLDS, len(full), len(generated))
    folds = StratifiedKFold(number, shuffle=True, random_state=int(random.integers(2**31)))
    trees = HistGradientBoostingClassifier(
        max_iter=100,
        max_leaf_nodes=8,
        min_samples_leaf=10,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=0,
    )
    labels = np.repeat([0, 1], [len(sample) for sample in samples])
    areas = cross_val_score(trees, np.concatenate(samples), labels, scoring="roc_auc", cv=folds)
    return Estimate(float(np.mean(areas)), float(np.std(areas, ddof=1) / np.sqrt(number)))


def _at_most(rows: Array, random: np.random.Generator) -> Array:
    return rows if len(rows) <= MOST_SHOWERS else random.choice(rows, MOST_SHOWERS, replace=False)
