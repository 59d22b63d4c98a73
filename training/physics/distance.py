# SPDX-License-Identifier: Apache-2.0
"""How far two samples of showers lie apart, observable by observable."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from training.point import Point

Array = npt.NDArray[np.float64]


def physics_distance(
    full: Mapping[Point, Mapping[str, Array]], generated: Mapping[Point, Mapping[str, Array]]
) -> float:
    """Return how far generated showers are from full simulation: what a search minimises.

    It is the mean, over points and over what `observables` returns, of the Wasserstein-1 distance in units
    of the full sample's standard deviation: 0 is equal, 1 is one spread apart.

    Args:
        full: The observables of each point's showers of full simulation.
        generated: Those of generated showers, for the same points; samples may differ in size.
    """
    distances = [
        wasserstein(values, generated[point][name]) / _spread(values)
        for point, observed in full.items()
        for name, values in observed.items()
    ]
    return float(np.mean(distances))


def wasserstein(first: Array, second: Array) -> float:
    """Return the Wasserstein-1 distance of two samples of any sizes: the area between their CDFs.

    It is scipy.stats.wasserstein_distance, whose import alone takes a second of every trial.
    """
    values = np.concatenate([first, second])
    order = np.argsort(values, kind="stable")
    steps = np.repeat([len(second), -len(first)], [len(first), len(second)])
    between = np.abs(np.cumsum(steps[order])[:-1])
    return float(between @ np.diff(values[order])) / (len(first) * len(second))


def _spread(values: Array) -> float:
    """Standard deviation; where all values are equal, their size, so that the distance stays finite."""
    spread = float(np.std(values))
    return spread if spread > 0.0 else float(np.abs(values).mean()) or 1.0
