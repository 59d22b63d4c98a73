# SPDX-License-Identifier: Apache-2.0
"""Standard errors by the bootstrap: every statistic takes weights of showers, for all resamples at once."""

from __future__ import annotations

import numpy as np

from training.physics.comparison import Estimate
from training.physics.observables import Array

RESAMPLES = 50
"""The error itself is then good to 1 / sqrt(2 * 50) = 10 %."""


def weights(showers: int, random: np.random.Generator, resamples: int = RESAMPLES) -> Array:
    """Say how often each shower stands in the sample and in its resamples.

    Returns:
        Whole numbers, shape (1 + resamples, showers). The first row is the sample itself.
    """
    drawn = random.multinomial(showers, np.full(showers, 1.0 / showers), size=resamples)
    return np.concatenate([np.ones((1, showers)), drawn])


def estimate(values: Array) -> Estimate:
    """Return the statistic of the sample, which is the first value, with the spread of its resamples'."""
    return Estimate(float(values[0]), float(np.std(values[1:])))
