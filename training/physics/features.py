# SPDX-License-Identifier: Apache-2.0
"""High-level features of showers as rows of a table: what the distances over all points are taken in."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from training.physics.distance import spread
from training.physics.observables import Array
from training.physics.sample import Sample
from training.point import Point


def features(sample: Sample) -> Array:
    """Return energy, four moments, sparsity and the energy of each layer, shape (showers, 6 + z)."""
    return np.column_stack([*sample.scalars.values(), sample.layers])


def standardised(samples: Mapping[Point, Sample], by: Mapping[Point, Array]) -> Array:
    """Return the features of all points, each in spreads of its own point's reference.

    Points of different energy or geometry differ far more than a model from full simulation; only so do they
    stand beside each other.

    Args:
        samples: Showers of each point.
        by: The features of each point whose mean becomes 0 and whose standard deviation 1.
    """
    return np.concatenate([_scaled(features(sample), by[point]) for point, sample in samples.items()])


def _scaled(values: Array, reference: Array) -> Array:
    scale = np.array([spread(column) for column in reference.T])
    scaled: Array = (values - reference.mean(axis=0)) / scale
    return scaled
