# SPDX-License-Identifier: Apache-2.0
"""What an evaluation keeps of showers: some hundred numbers each, so that a data set of any size fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from training.geometry import Mesh, geometry_named
from training.physics.observables import Array, moments, profiles
from training.point import Point
from training.scaling import MEV_PER_GEV, Floats

THRESHOLD_MEV = 0.5e-3 / 0.033
"""Below 15.15 keV a cell counts as empty: the CaloChallenge's readout threshold of its data sets 2 and 3
(0.5 keV over a sampling fraction of 0.033; arXiv 2410.21611)."""
SPECTRUM = np.linspace(np.log10(THRESHOLD_MEV), 6.0, 41)
"""Bins of log10(cell energy / MeV), up to 1 TeV."""
ENERGY_BINS = 4
"""A point with a range of energies is compared in so many bins of equal width in ln E, to three digits."""


@dataclass(frozen=True)
class Sample:
    """Showers of one point, reduced; every array has one row for each shower."""

    scalars: Mapping[str, Array]
    """What `observables` returns, and ``sparsity``: the fraction of cells above the threshold."""
    layers: Array
    """Energy in each layer over the incident energy, shape (showers, z)."""
    rings: Array
    """Energy in each ring over the incident energy, shape (showers, r)."""
    spectrum: Array
    """How many cells have an energy in each bin of `SPECTRUM`, shape (showers, bins)."""

    def __len__(self) -> int:
        return len(self.layers)


def reduce(fractions: Floats, energies_gev: Array, point: Point) -> Sample:
    """Reduce showers (fractions of the incident energy; showers, r, phi, z) to what is compared."""
    mesh = Mesh(*fractions.shape[1:])
    layers, rings = profiles(fractions)
    spectrum = _spectrum(fractions, energies_gev)
    scalars = moments(layers, rings, geometry_named(point.geometry), mesh)
    scalars["sparsity"] = spectrum.sum(axis=1) / mesh.cells
    return Sample(scalars, layers, rings, spectrum)


def joined(samples: Sequence[Sample]) -> Sample:
    """Put samples of one point behind each other."""
    return Sample(
        {name: np.concatenate([sample.scalars[name] for sample in samples]) for name in samples[0].scalars},
        np.concatenate([sample.layers for sample in samples]),
        np.concatenate([sample.rings for sample in samples]),
        np.concatenate([sample.spectrum for sample in samples]),
    )


def taken(sample: Sample, rows: npt.NDArray[np.bool_]) -> Sample:
    """Return the marked showers."""
    scalars = {name: values[rows] for name, values in sample.scalars.items()}
    return Sample(scalars, sample.layers[rows], sample.rings[rows], sample.spectrum[rows])


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
