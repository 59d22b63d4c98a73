# SPDX-License-Identifier: Apache-2.0
"""Turns samples of full simulation and of a model into all that an evaluation says about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from training.geometry import Mesh
from training.physics.classifier import classifier_auc
from training.physics.comparison import Comparison, Estimate
from training.physics.curves import Samples, curves
from training.physics.differences import correlations, differences
from training.physics.features import standardised
from training.physics.frechet import frechet_distance
from training.physics.kernel import kernel_distance
from training.physics.observables import Array
from training.physics.sample import Sample
from training.point import Point

DISTANCES = {"fpd": frechet_distance, "kpd": kernel_distance, "auc": classifier_auc}
"""Of the features of all points together."""
SEED = 1
"""Resamples, batches and folds are the same for every model: a threshold is not passed by chance."""


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
