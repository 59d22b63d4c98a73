# SPDX-License-Identifier: Apache-2.0
"""The distributions and profiles of one point that papers show, for three samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.geometry import Mesh, Point, geometry_named
from training.physics.differences import histogram_edges
from training.physics.observables import SPECTRUM, Array, Sample

AXES = {
    "energy": ("Deposited energy", "deposited / incident energy"),
    "longitudinal_first_moment": ("Longitudinal first moment", "mean depth (mm)"),
    "longitudinal_second_moment": ("Longitudinal second moment", "variance of the depth (mm²)"),
    "radial_first_moment": ("Radial first moment", "mean distance from the axis (mm)"),
    "radial_second_moment": ("Radial second moment", "variance of the distance (mm²)"),
    "sparsity": ("Sparsity", "fraction of cells above 15.15 keV"),
}
SHOWN_LAYERS = (1 / 6, 1 / 2, 5 / 6)
"""Layers whose distributions are shown, as fractions of the depth."""

Samples = tuple[Sample, Sample, Sample]
"""Full simulation, the model, and a second sample of full simulation."""


Binned = tuple[Array, Array]
"""A value for each bin, and its standard error."""


@dataclass(frozen=True)
class Curve:
    """One quantity in bins: a mean profile or a distribution, for three samples of one point.

    `floor` is a second, independent sample of full simulation: how far two equal samples lie apart.
    """

    name: str
    x_label: str
    y_label: str
    edges: Array
    full: Binned
    generated: Binned
    floor: Binned
    logarithmic: bool = False


def curves(point: Point, mesh: Mesh, samples: Samples) -> tuple[Curve, ...]:
    """Return everything that is drawn of one point."""
    geometry = geometry_named(point.geometry)
    return (
        _profile(
            ("Longitudinal profile", "depth (mm)", "energy per layer / incident energy"),
            mesh.z_edges(geometry),
            [sample["layers"] for sample in samples],
        ),
        _profile(
            ("Radial profile", "distance from the axis (mm)", "energy per ring / incident energy"),
            mesh.r_edges(geometry),
            [sample["rings"] for sample in samples],
            logarithmic=True,
        ),
        *(_distribution(*labels, [one[name] for one in samples]) for name, labels in AXES.items()),
        *_layers(mesh, samples),
        _cells(samples),
    )


def _layers(mesh: Mesh, samples: Samples) -> list[Curve]:
    return [
        _distribution(
            f"Energy in layer {layer + 1} of {mesh.z}",
            "energy in the layer / incident energy",
            [sample["layers"][:, layer] for sample in samples],
        )
        for layer in sorted({int(fraction * mesh.z) for fraction in SHOWN_LAYERS})
    ]


def _cells(samples: Samples) -> Curve:
    filled = np.flatnonzero(sum(sample["spectrum"].sum(axis=0) for sample in samples))
    first, last = (filled[0], filled[-1] + 1) if len(filled) else (0, 1)
    return _profile(
        ("Cell energies", "log10(cell energy / MeV)", "cells per shower"),
        SPECTRUM[first : last + 1],
        [sample["spectrum"][:, first:last] for sample in samples],
        logarithmic=True,
    )


def _profile(
    labels: tuple[str, str, str], edges: Array, rows: Sequence[Array], *, logarithmic: bool = False
) -> Curve:
    """Means over the showers, each with its standard error."""
    full, generated, floor = (
        (values.mean(axis=0), values.std(axis=0) / np.sqrt(len(values))) for values in rows
    )
    return Curve(*labels, edges, full, generated, floor, logarithmic)


def _distribution(name: str, x_label: str, values: Sequence[Array]) -> Curve:
    """Shares of the showers in each bin, each with its binomial error."""
    edges = _edges(values[0], values[1])
    full, generated, floor = (_shares(one, edges) for one in values)
    return Curve(name, x_label, "share of the showers", edges, full, generated, floor)


def _edges(full: Array, generated: Array) -> Array:
    """Bins as wide as those of the full sample, as far as the model reaches but one span of it at most."""
    bins = histogram_edges(full, len(generated))
    span = float(bins[-1] - bins[0]) or abs(float(bins[0])) or 1.0
    low = max(min(bins[0], generated.min()), bins[0] - span)
    high = min(max(bins[-1], generated.max()), bins[-1] + span)
    if high <= low:
        low, high = low - span / 2.0, high + span / 2.0
    return np.linspace(low, high, int((high - low) / span * (len(bins) - 1)) + 2)


def _shares(values: Array, edges: Array) -> Binned:
    """What lies outside the bins stands in the outermost ones."""
    counts, _ = np.histogram(values.clip(edges[0], edges[-1]), bins=edges)
    share = counts / len(values)
    return share, np.sqrt(share * (1.0 - share) / len(values))
