# SPDX-License-Identifier: Apache-2.0
"""Turns samples of full simulation and of a model into all that an evaluation says about them, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from training.geometry import Mesh, Point
from training.physics.curves import Curve, Samples, curves
from training.physics.differences import correlations, differences
from training.physics.observables import JUDGED, Array, Estimate, Sample, spread
from training.physics.two_sample import classifier_auc, frechet_distance, kernel_distance

DISTANCES = {"fpd": frechet_distance, "kpd": kernel_distance, "auc": classifier_auc}
"""Of the features of all points together."""
SEED = 1
"""Resamples, batches and folds are the same for every model: a threshold is not passed by chance."""


@dataclass(frozen=True)
class Comparison:
    """The samples of one point."""

    point: Point
    showers: int
    curves: tuple[Curve, ...]
    differences: Mapping[str, Estimate]
    """Full simulation against the model, by observable."""
    floor: Mapping[str, Estimate]
    """Full simulation against itself: the same keys."""
    correlations_full: Array
    """Of the layers' energies, shape (layers, layers)."""
    correlations_generated: Array


@dataclass(frozen=True)
class Evaluation:
    """Every point, and what holds for all of them together."""

    comparisons: tuple[Comparison, ...]
    metrics: Mapping[str, Estimate]
    """Distances over all points: full simulation against the model."""
    floor: Mapping[str, Estimate]
    """The same distances of full simulation against itself, as far as they have one."""
    costs: Mapping[str, float]
    """Speed and memory, each with its unit in its name."""
    facts: Mapping[str, str]
    """The model's own metadata."""
    simulation: str = ""
    """Where the showers of full simulation came from; empty where nothing is to be said of it."""


def features(sample: Sample) -> Array:
    """Return deposited energy, four moments and the energy of each layer, shape (showers, 5 + z).

    Sparsity is not among them: it alone tells a dense decoder from simulation, whatever the rest is like.
    """
    return np.column_stack([*(sample.scalars[name] for name in JUDGED), sample.layers])


def standardised(samples: Mapping[Point, Sample], *by: Mapping[Point, Sample]) -> Array:
    """Return the features of all points, each in spreads of full simulation at its own point.

    Points of different energy or geometry differ far more than a model from full simulation; only so do they
    stand beside each other.

    Args:
        samples: Showers of each point.
        *by: Showers of full simulation, whose mean becomes 0 and whose standard deviation 1. Two samples that
            are compared with each other should both be in it, or in neither: one of exactly this mean and
            spread is easily told from one of about these. Half of it in one of them is no matter: with 12
            points of 100 showers an AUC of equal samples then is 0.505, and 0.501 with neither in it.
    """
    return np.concatenate(
        [
            _scaled(features(sample), np.concatenate([features(one[point]) for one in by]))
            for point, sample in samples.items()
        ]
    )


def _scaled(values: Array, reference: Array) -> Array:
    scale = np.array([spread(column) for column in reference.T])
    scaled: Array = (values - reference.mean(axis=0)) / scale
    return scaled


def compare_point(point: Point, mesh: Mesh, samples: Samples) -> Comparison:
    """Compare the three samples of one point."""
    full, generated, floor = samples
    return Comparison(
        point=point,
        showers=len(full),
        curves=curves(point, mesh, samples),
        differences=differences(full, generated, np.random.default_rng(SEED)),
        floor=differences(full, floor, np.random.default_rng(SEED)),
        correlations_full=correlations(full.layers),
        correlations_generated=correlations(generated.layers),
    )


def over_points(found: Sequence[Mapping[str, Estimate]]) -> dict[str, Estimate]:
    """Return the mean of each difference over the points, the objective first."""
    names = sorted(found[0], key=lambda name: name != "physics_distance")
    return {
        name: Estimate(
            float(np.mean([point[name].value for point in found])),
            float(np.sqrt(np.sum([point[name].error ** 2 for point in found])) / len(found)),
        )
        for name in names
    }


def together(
    full: Mapping[Point, Sample], generated: Mapping[Point, Sample], floor: Mapping[Point, Sample]
) -> tuple[dict[str, Estimate], dict[str, Estimate]]:
    """Compare the showers of all points at once.

    Returns:
        Each of `DISTANCES`, of full simulation against the model, and against itself.
    """
    first, model, second = (standardised(samples, full, floor) for samples in (full, generated, floor))
    return _distances(first, model), _distances(first, second)


def _distances(full: Array, other: Array) -> dict[str, Estimate]:
    return {name: of(full, other, np.random.default_rng(SEED)) for name, of in DISTANCES.items()}
