# SPDX-License-Identifier: Apache-2.0
"""Showers as the few numbers that physicists look at, and how far two samples of one of them lie apart.

An evaluation keeps some hundred numbers of each shower, so that a data set of any size fits into memory.
Distances take weights of the two samples' values, one row for each resample of the bootstrap.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from training.geometry import Geometry, Mesh, Point, geometry_named
from training.scaling import MEV_PER_GEV, Floats

Array = npt.NDArray[np.float64]

JUDGED = (
    "energy",
    "longitudinal_first_moment",
    "longitudinal_second_moment",
    "radial_first_moment",
    "radial_second_moment",
)
"""What `observables` returns, and so what `physics_distance` is made of."""
OBJECTIVE = "physics_distance"
"""What a search minimises."""
THRESHOLD_MEV = 0.5e-3 / 0.033
"""Below 15.15 keV a cell counts as empty: the CaloChallenge's readout threshold of its data sets 2 and 3
(0.5 keV over a sampling fraction of 0.033; arXiv 2410.21611)."""
SPECTRUM = np.linspace(np.log10(THRESHOLD_MEV), 6.0, 41)
"""Bins of log10(cell energy / MeV), up to 1 TeV."""
ENERGY_BINS = 4
"""A point with a range of energies is compared in so many bins of equal width in ln E, to three digits."""

Sample = Mapping[str, Array]
"""Showers of one point, reduced: by name, an array with one row for each shower.

These are what `observables` returns; ``sparsity``, the fraction of cells above the threshold; ``layers`` and
``rings``, the energy in each over the incident energy, shape (showers, z) and (showers, r); ``spectrum``, how
many cells have an energy in each bin of `SPECTRUM`; and ``incident_gev``, the energy of each electron.
"""


def profiles(fractions: Floats) -> tuple[Array, Array]:
    """Sum each shower's cells by layer, shape (showers, z), and by ring, shape (showers, r).

    Args:
        fractions: Cell energies over the incident energy, shape (showers, r, phi, z).
    """
    over_phi = np.einsum("nrpz->nrz", fractions).astype(np.float64)
    return over_phi.sum(axis=1), over_phi.sum(axis=2)


def observables(layers: Array, rings: Array, geometry: Geometry) -> dict[str, Array]:
    """Reduce the profiles of each shower to a few numbers.

    A shower's first moment along z is the mean of its cells' depths, weighted by their energies, and its
    second moment is their variance about that mean; along r the distances from the axis take the depths'
    place. Par04's own validation compares the same (training_vae/utils/observables.py). A shower without
    energy has moments of 0.

    Returns:
        Arrays of shape (showers,): ``energy`` as a fraction of the incident energy,
        ``longitudinal_first_moment`` and ``radial_first_moment`` in mm, ``longitudinal_second_moment`` and
        ``radial_second_moment`` in mm2.
    """
    mesh = Mesh(r=rings.shape[1], z=layers.shape[1])
    depth, length = _mean_and_variance(layers, mesh.z_edges(geometry))
    radius, width = _mean_and_variance(rings, mesh.r_edges(geometry))
    return dict(zip(JUDGED, (layers.sum(axis=1), depth, length, radius, width), strict=True))


def _mean_and_variance(profile: Array, edges: Array) -> tuple[Array, Array]:
    """Of the cells' middles, weighted by each shower's profile."""
    positions = (edges[:-1] + edges[1:]) / 2.0
    weights = profile / np.maximum(profile.sum(axis=1, keepdims=True), np.finfo(np.float64).tiny)
    means = weights @ positions
    return means, np.maximum(weights @ positions**2 - means**2, 0.0)


def reduce(fractions: Floats, energies_gev: Array, point: Point) -> Sample:
    """Reduce showers (fractions of the incident energy; showers, r, phi, z) to what is compared."""
    layers, rings = profiles(fractions)
    spectrum = _spectrum(fractions, energies_gev)
    return {
        **observables(layers, rings, geometry_named(point.geometry)),
        "sparsity": spectrum.sum(axis=1) / np.prod(fractions.shape[1:]),
        "layers": layers,
        "rings": rings,
        "spectrum": spectrum,
        "incident_gev": energies_gev,
    }


def joined(samples: Sequence[Sample]) -> Sample:
    """Put samples of one point behind each other."""
    return {name: np.concatenate([sample[name] for sample in samples]) for name in samples[0]}


def taken(sample: Sample, rows: npt.NDArray[np.bool_]) -> Sample:
    """Return the marked showers."""
    return {name: values[rows] for name, values in sample.items()}


def energy_bins(point: Point, energies_gev: Array) -> Iterator[tuple[Point, npt.NDArray[np.bool_]]]:
    """Divide the showers of a point into points of similar energy.

    Yields:
        The point itself with every shower; or, for a range of energies, a point for each of its bins with the
        showers in it.
    """
    if point.highest_gev is None:
        yield point, np.ones(len(energies_gev), dtype=np.bool_)
        return
    edges = np.geomspace(point.energy_gev, point.highest_gev, ENERGY_BINS + 1)
    inner = [float(f"{edge:.3g}") for edge in edges[1:-1]]
    bins = np.searchsorted(inner, energies_gev, side="right")
    for number, (lowest, highest) in enumerate(pairwise([point.energy_gev, *inner, point.highest_gev])):
        yield Point(point.geometry, point.angle_deg, lowest, highest), bins == number


def _spectrum(fractions: Floats, energies_gev: Array) -> Array:
    mev = fractions.reshape(len(fractions), -1) * (energies_gev[:, None] * MEV_PER_GEV).astype(np.float32)
    showers, cells = np.nonzero(mev > np.float32(THRESHOLD_MEV))
    bins = len(SPECTRUM) - 1
    step = (SPECTRUM[-1] - SPECTRUM[0]) / bins
    place = ((np.log10(mev[showers, cells]) - SPECTRUM[0]) / step).astype(np.int64).clip(0, bins - 1)
    counts = np.bincount(showers * bins + place, minlength=len(mev) * bins)
    return counts.reshape(len(mev), bins).astype(np.float64)


@dataclass(frozen=True)
class Estimate:
    """A number and its standard error, which is 0 where none can be given."""

    value: float
    error: float = 0.0


def physics_distance(full: Mapping[Point, Sample], generated: Mapping[Point, Sample]) -> float:
    """Return how far generated showers are from full simulation: what a search minimises.

    It is the mean, over points and over the observables in `JUDGED`, of the Wasserstein-1 distance in units
    of the full sample's standard deviation: 0 is equal, 1 is one spread apart. Sparsity and the spectrum of
    cells are not in it: a dense decoder lights every cell, which would drown the rest. Points with a range of
    energies are taken apart by `energy_bins` before.

    Args:
        full: Each point's showers of full simulation; of a sample, only its observables are needed.
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
    return np.asarray(between @ np.diff(values[order]) / (len(first) * len(second)))


def binned_wassersteins(first: Array, second: Array, width: float) -> Array:
    """Return the Wasserstein-1 distances of histograms (rows, bins) with bins of one width."""
    between = np.abs(np.cumsum(shares(first) - shares(second), axis=1))
    return np.asarray(between.sum(axis=1) * width)


def separations(first: Array, second: Array) -> Array:
    """Return the separation power of histograms (rows, bins): 0 is equal, 1 is apart everywhere.

    It is 1/2 sum (a - b)^2 / (a + b) of histograms whose bins sum to 1, as in the CaloChallenge
    (arXiv 2410.21611).
    """
    a, b = shares(first), shares(second)
    both = a + b
    return np.asarray(0.5 * np.sum((a - b) ** 2 / np.where(both > 0.0, both, 1.0), axis=1))


def shares(histogram: Array) -> Array:
    """Scale each row to a sum of 1; an empty row stays empty."""
    total = histogram.sum(axis=1, keepdims=True)
    return histogram / np.where(total > 0.0, total, 1.0)


def spread(values: Array) -> float:
    """Return the standard deviation; of equal values their size, so that distances stay finite."""
    deviation = float(np.std(values))
    size = float(np.abs(values).mean())
    return deviation if deviation > 1e-12 * size else size or 1.0
