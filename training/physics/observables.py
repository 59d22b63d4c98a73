# SPDX-License-Identifier: Apache-2.0
"""Showers as the few numbers that physicists look at."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from training.geometry import Geometry, Mesh
from training.scaling import Floats

Array = npt.NDArray[np.float64]

JUDGED = (
    "energy",
    "longitudinal_first_moment",
    "longitudinal_second_moment",
    "radial_first_moment",
    "radial_second_moment",
)
"""What `observables` returns, and so what `training.physics.distance.physics_distance` is made of."""


def observables(fractions: Floats, geometry: Geometry, mesh: Mesh) -> dict[str, Array]:
    """Reduce each shower to a few numbers.

    A shower's first moment along z is the mean of its cells' depths, weighted by their energies, and its
    second moment is their variance about that mean; along r the distances from the axis take the depths'
    place. Par04's own validation compares the same (training_vae/utils/observables.py). A shower without
    energy has moments of 0.

    Args:
        fractions: Cell energies over the incident energy, shape (showers, r, phi, z).
        geometry: Of the calorimeter: it has the cells' sizes.
        mesh: Of the showers.

    Returns:
        Arrays of shape (showers,): ``energy`` as a fraction of the incident energy,
        ``longitudinal_first_moment`` and ``radial_first_moment`` in mm, ``longitudinal_second_moment`` and
        ``radial_second_moment`` in mm2.
    """
    return moments(*profiles(fractions), geometry, mesh)


def profiles(fractions: Floats) -> tuple[Array, Array]:
    """Sum each shower's cells by layer, shape (showers, z), and by ring, shape (showers, r)."""
    over_phi = np.einsum("nrpz->nrz", fractions).astype(np.float64)
    return over_phi.sum(axis=1), over_phi.sum(axis=2)


def moments(layers: Array, rings: Array, geometry: Geometry, mesh: Mesh) -> dict[str, Array]:
    """Return what `observables` does, from the two profiles of each shower."""
    depth, length = _mean_and_variance(layers, _centres(mesh.z_edges(geometry)))
    radius, width = _mean_and_variance(rings, _centres(mesh.r_edges(geometry)))
    return dict(zip(JUDGED, (layers.sum(axis=1), depth, length, radius, width), strict=True))


def _centres(edges: Array) -> Array:
    return (edges[:-1] + edges[1:]) / 2.0


def _mean_and_variance(profile: Array, positions: Array) -> tuple[Array, Array]:
    """Of the positions, weighted by each shower's profile."""
    weights = profile / np.maximum(profile.sum(axis=1, keepdims=True), np.finfo(np.float64).tiny)
    means = weights @ positions
    return means, np.maximum(weights @ positions**2 - means**2, 0.0)
