# SPDX-License-Identifier: Apache-2.0
"""Evaluations to draw: one of real samples of our generator, and small ones of round numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from training.geometry import Mesh, Point, geometry_named
from training.physics.compare import Comparison, Evaluation, compare_points
from training.physics.curves import Curve, Samples
from training.physics.observables import Estimate, reduce
from training.scaling import MEV_PER_GEV
from training.showers.draw import draw_showers

FACTS = {
    "framework": "onnx",
    "mesh": "18x16x9",
    "latent_dim": "10",
    "output": "cell energy / incident energy",
}
COSTS = {
    "ms_per_shower_batch_1": 0.3123,
    "ms_per_shower_batch_100": 0.01234,
    "model_megabytes": 16.4,
    "peak_memory_megabytes": 96.0,
}
CURVES = "epoch,loss,val_loss,physics_distance\n0,9.5,9.1,0.8\n1,4.5,4.4,0.2\n2,4.1,4.3,0.3\n"
POINT = Point("SiW", 90.0, 64.0)


def curve(
    name: str = "Longitudinal profile",
    full: Sequence[float] = (1.0, 4.0, 2.0),
    generated: Sequence[float] = (1.5, 4.0, 1.0),
    floor: Sequence[float] = (1.0, 4.0, 2.0),
    *,
    error: float = 0.1,
    logarithmic: bool = False,
) -> Curve:
    """A curve of a few bins, all with the same error."""
    errors, edges = np.full(len(full), error), np.arange(len(full) + 1.0)
    first, second, third = (
        (np.array(sample, dtype=np.float64), errors) for sample in (full, generated, floor)
    )
    return Curve(name, "z (mm)", "share", edges, first, second, third, logarithmic)


def comparison(point: Point = POINT, curves: Sequence[Curve] | None = None, *, layers: int = 3) -> Comparison:
    """A point whose numbers can be told apart."""
    full = np.full((layers, layers), 0.25) + 0.75 * np.eye(layers)
    return Comparison(
        point=point,
        showers=1000,
        curves=tuple(curves if curves is not None else [curve(), curve("Cell energies", logarithmic=True)]),
        differences={"physics_distance": Estimate(0.3, 0.01), "energy": Estimate(0.05, 0.002)},
        floor={"physics_distance": Estimate(0.02, 0.001), "energy": Estimate(0.01, 0.002)},
        correlations_full=full,
        correlations_generated=full / 2.0,
    )


def evaluation(comparisons: Sequence[Comparison] | None = None) -> Evaluation:
    """An evaluation of one point, or of these."""
    return Evaluation(
        comparisons=tuple(comparisons if comparisons is not None else [comparison()]),
        metrics={"physics_distance": Estimate(0.123456, 0.00456), "energy": Estimate(0.0512, 0.0021)},
        floor={"physics_distance": Estimate(0.0200123, 0.000234), "energy": Estimate(0.0107, 0.0019)},
        costs=COSTS,
        facts=FACTS,
    )


def drawn(points: Sequence[Point], mesh: Mesh, *, showers: int) -> Evaluation:
    """Two independent samples of our generator, and a third that is deeper and has another response."""
    samples = {point: _three(point, mesh, showers) for point in points}
    return replace(compare_points(samples, mesh), costs=COSTS, facts=FACTS)


def _three(point: Point, mesh: Mesh, showers: int) -> Samples:
    random = np.random.default_rng(1)
    energies = np.full(showers, point.energy_gev)
    geometry = geometry_named(point.geometry)
    full, wrong, floor = (
        draw_showers(geometry, mesh, energies, point.angle_deg, random)
        / np.float32(point.energy_gev * MEV_PER_GEV)
        for _ in range(3)
    )
    wrong = 0.9 * wrong + 0.1 * np.roll(wrong, 1, axis=3)
    wrong *= random.normal(1.01, 0.01, (showers, 1, 1, 1))
    first, second, third = (
        reduce(cells.astype(np.float32), energies, point) for cells in (full, wrong, floor)
    )
    return first, second, third
