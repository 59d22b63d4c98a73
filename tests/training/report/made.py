# SPDX-License-Identifier: Apache-2.0
"""Evaluations to draw: one of real samples of our generator, and small ones of round numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from training.geometry import Mesh, geometry_named
from training.physics.comparison import Array, Comparison, Curve, Estimate, Evaluation
from training.point import Point
from training.scaling import MEV_PER_GEV
from training.showers.draw import draw_showers

FACTS = {"framework": "onnx", "mesh": "18x16x9", "latent_dim": "10", "output": "cell energy / incident energy"}
COSTS = {"batch_1_ms_per_shower": 0.3123, "batch_100_ms_per_shower": 0.01234, "memory_mib": 96.0}
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
    errors = np.full(len(full), error)
    values = [np.array(sample, dtype=np.float64) for sample in (full, generated, floor)]
    edges = np.arange(len(full) + 1.0)
    return Curve(
        name, "z (mm)", "share", edges, values[0], errors, values[1], errors, values[2], errors, logarithmic
    )


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
        metrics={"energy": Estimate(0.0512, 0.0021), "physics_distance": Estimate(0.123456, 0.00456)},
        floor={"energy": Estimate(0.0107, 0.0019), "physics_distance": Estimate(0.0200123, 0.000234)},
        costs=COSTS,
        facts=FACTS,
    )


def drawn(points: Sequence[Point], mesh: Mesh, *, showers: int) -> Evaluation:
    """Two independent samples of our generator, and a third that is smeared, shifted and lacks small cells."""
    return evaluation([_drawn_point(point, mesh, showers) for point in points])


def _drawn_point(point: Point, mesh: Mesh, showers: int) -> Comparison:
    geometry = geometry_named(point.geometry)
    random = np.random.default_rng(1)
    full, floor, wrong = (
        draw_showers(geometry, mesh, point.energy_gev, point.angle_deg, count=showers, random=random).astype(
            np.float64
        )
        / (point.energy_gev * MEV_PER_GEV)
        for _ in range(3)
    )
    wrong = 0.8 * wrong + 0.2 * np.roll(wrong, 1, axis=3)
    wrong *= random.normal(1.01, 0.01, (showers, 1, 1, 1))
    samples = (full, wrong, floor)
    z, r = mesh.z_edges(geometry), mesh.r_edges(geometry)
    curves = (
        _profile("Longitudinal profile", "z (mm)", z, samples, lambda cells: cells.sum(axis=(1, 2))),
        _profile("Radial profile", "r (mm)", r, samples, lambda cells: cells.sum(axis=(2, 3)), log=True),
        _spectrum("Total energy", "deposited / incident energy", samples, lambda c: c.sum(axis=(1, 2, 3))),
        _spectrum("First longitudinal moment", "mean z (layers)", samples, _first_moment),
        _spectrum(
            "Cell energies",
            "log₁₀ (cell energy / MeV)",
            samples,
            lambda cells: np.log10(cells[cells > 0.0] * point.energy_gev * MEV_PER_GEV),
            log=True,
        ),
        _spectrum("Sparsity", "share of cells hit", samples, lambda cells: (cells > 0.0).mean(axis=(1, 2, 3))),
    )
    layers = [np.corrcoef(sample.sum(axis=(1, 2)), rowvar=False) for sample in samples[:2]]
    return Comparison(
        point,
        showers,
        curves,
        differences={"physics_distance": Estimate(0.31, 0.012), "energy": Estimate(0.84, 0.021)},
        floor={"physics_distance": Estimate(0.021, 0.0015), "energy": Estimate(0.03, 0.011)},
        correlations_full=layers[0],
        correlations_generated=layers[1],
    )


def _first_moment(cells: Array) -> Array:
    layers = cells.sum(axis=(1, 2))
    return np.asarray(layers @ np.arange(layers.shape[1]) / layers.sum(axis=1))


def _profile(
    name: str,
    label: str,
    edges: Array,
    samples: tuple[Array, ...],
    of: Callable[[Array], Array],
    *,
    log: bool = False,
) -> Curve:
    parts = []
    for sample in samples:
        bins = of(sample)
        parts += [bins.mean(axis=0), bins.std(axis=0) / np.sqrt(len(bins))]
    return Curve(name, label, "mean share of incident energy", edges, *parts, logarithmic=log)


def _spectrum(
    name: str, label: str, samples: tuple[Array, ...], of: Callable[[Array], Array], *, log: bool = False
) -> Curve:
    values = [of(sample) for sample in samples]
    edges = np.histogram_bin_edges(np.concatenate(values), bins=40)
    parts = []
    for sample in values:
        counts = np.histogram(sample, edges)[0].astype(np.float64)
        scale = len(sample) * np.diff(edges)
        parts += [counts / scale, np.sqrt(counts) / scale]
    return Curve(name, label, "probability density", edges, *parts, logarithmic=log)
