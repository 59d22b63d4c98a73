# SPDX-License-Identifier: Apache-2.0
"""How far two samples of one observable lie apart: Wasserstein-1 and separation power.

Both take weights of the two samples' values, one row for each resample of `training.physics.bootstrap`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from training.physics.observables import JUDGED, Array
from training.point import Point


def physics_distance(
    full: Mapping[Point, Mapping[str, Array]], generated: Mapping[Point, Mapping[str, Array]]
) -> float:
    """Return how far generated showers are from full simulation: what a search minimises.

    It is the mean, over points and over the observables in `JUDGED`, of the Wasserstein-1 distance in units
    of the full sample's standard deviation: 0 is equal, 1 is one spread apart. Sparsity and the spectrum of
    cells are not in it: a dense decoder lights every cell, which would drown the rest. Points with a range of
    energies are taken apart by `training.physics.sample.energy_bins` before.

    Args:
        full: The observables of each point's showers of full simulation.
        generated: Those of generated showers, for the same points; samples may differ in size.
    """
    distances = [
        wasserstein(observed[name], generated[point][name]) / spread(observed[name])
        for point, observed in full.items()
        for name in JUDGED
    ]
    return float(np.mean(distances))


def wasserstein(first: Array, second: Array) -> float:
    """Return the Wasserstein-1 distance of two samples of any sizes: the area between their CDFs.

    It is scipy.stats.wasserstein_distance, whose import alone takes a second of every trial.
    """
    return float(wassersteins(first, second, np.ones((1, len(first))), np.ones((1, len(second))))[0])


def wassersteins(first: Array, second: Array, weights_first: Array, weights_second: Array) -> Array:
    """Return the distances for each row of whole-numbered weights, shape (rows, values)."""
    values = np.concatenate([first, second])
    order = np.argsort(values, kind="stable")
    # Whole numbers until the end: equal samples are then exactly 0 apart.
    steps = np.concatenate([weights_first * len(second), weights_second * -len(first)], axis=1)
    between = np.abs(np.cumsum(steps[:, order], axis=1)[:, :-1])
    distances: Array = between @ np.diff(values[order]) / (len(first) * len(second))
    return distances


def binned_wassersteins(first: Array, second: Array, width: float) -> Array:
    """Return the Wasserstein-1 distances of histograms (rows, bins) with bins of one width."""
    between = np.abs(np.cumsum(shares(first) - shares(second), axis=1))
    distances: Array = between.sum(axis=1) * width
    return distances


def separations(first: Array, second: Array) -> Array:
    """Return the separation power of histograms (rows, bins): 0 is equal, 1 is apart everywhere.

    It is 1/2 sum (a - b)^2 / (a + b) of histograms whose bins sum to 1, as in the CaloChallenge
    (arXiv 2410.21611).
    """
    a, b = shares(first), shares(second)
    both = a + b
    powers: Array = 0.5 * np.sum((a - b) ** 2 / np.where(both > 0.0, both, 1.0), axis=1)
    return powers


def shares(histogram: Array) -> Array:
    """Scale each row to a sum of 1; an empty row stays empty."""
    total = histogram.sum(axis=1, keepdims=True)
    return histogram / np.where(total > 0.0, total, 1.0)


def spread(values: Array) -> float:
    """Return the standard deviation; of equal values their size, so that distances stay finite."""
    deviation = float(np.std(values))
    size = float(np.abs(values).mean())
    return deviation if deviation > 1e-12 * size else size or 1.0
