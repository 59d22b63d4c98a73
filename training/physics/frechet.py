# SPDX-License-Identifier: Apache-2.0
"""The Frechet physics distance (FPD) of Kansal et al., arXiv 2211.10295.

jetnet, the authors' own library, brings PyTorch with CUDA; this is the same distance in NumPy, for the sizes
of sample that an evaluation has. The tests compare it with jetnet's.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from training.physics.comparison import Estimate
from training.physics.observables import Array

GROUPS = 24
"""Showers are dealt into so many groups, whose sums give mean and covariance of every batch of groups."""
PARTS = (1, 2, 3, 4)
"""The groups make so many batches: sizes N at regular steps of 1/N, as the paper extrapolates."""
DEALS = 4
"""Ways to make the batches, to average over."""
HALVES = 12
"""Half samples that the error is estimated from."""

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
    value = _extrapolated(first, second, *_drawn(GROUPS, random), random)
    halves = [_extrapolated(first, second, *_drawn(GROUPS // 2, random), random) for _ in range(HALVES)]
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


def _drawn(groups: int, random: np.random.Generator) -> tuple[Rows, Rows]:
    return random.permutation(GROUPS)[:groups], random.permutation(GROUPS)[:groups]


def _extrapolated(
    first: _Sums, second: _Sums, of_first: Rows, of_second: Rows, random: np.random.Generator
) -> float:
    """Draw the line through the mean distances of each batch size, and read it off at 1/N = 0."""
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
