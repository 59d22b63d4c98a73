# SPDX-License-Identifier: Apache-2.0
"""What is compared between simulated and generated showers, each as one number where 0 is equal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.geometry import Geometry, Mesh
from training.point import Point
from training.scaling import MEV_PER_GEV, Floats

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Summary:
    """Observables of the showers of one point."""

    energy: Array
    """Deposited / incident energy of each shower."""
    longitudinal: Array
    """Mean share of the deposited energy in each layer; sums to 1."""
    radial: Array
    """Mean share of the deposited energy in each ring; sums to 1."""


def summarise(showers: Floats, point: Point) -> Summary:
    """Reduce showers (MeV; showers, r, phi, z) to what is compared."""
    cells = showers.astype(np.float64)
    energy = cells.sum(axis=(1, 2, 3))
    total = max(float(energy.sum()), np.finfo(np.float64).tiny)
    return Summary(
        energy=energy / (point.energy_gev * MEV_PER_GEV),
        longitudinal=cells.sum(axis=(0, 1, 2)) / total,
        radial=cells.sum(axis=(0, 2, 3)) / total,
    )


def differences(simulated: Summary, generated: Summary) -> dict[str, float]:
    """Compare two samples of the same size.

    Returns:
        ``energy_mean`` and ``energy_sigma``: relative errors of mean and standard deviation of the deposited
        energy. ``energy_wasserstein``: Wasserstein-1 distance of its distributions, in units of the incident
        energy. ``longitudinal_l1`` and ``radial_l1``: sums of absolute differences of the mean profiles, from
        0 to 2.
    """
    return {
        "energy_mean": _relative_error(generated.energy.mean(), simulated.energy.mean()),
        "energy_sigma": _relative_error(generated.energy.std(), simulated.energy.std()),
        "energy_wasserstein": wasserstein(generated.energy, simulated.energy),
        "longitudinal_l1": float(np.abs(generated.longitudinal - simulated.longitudinal).sum()),
        "radial_l1": float(np.abs(generated.radial - simulated.radial).sum()),
    }


def wasserstein(first: Array, second: Array) -> float:
    """Return the Wasserstein-1 distance of two samples of one size: how far sorted values lie apart."""
    return float(np.abs(np.sort(first) - np.sort(second)).mean())


def _relative_error(value: float, reference: float) -> float:
    """Return |value - reference| / reference; where the reference is 0, the error is 0 or 1."""
    if reference == 0.0:
        return float(value != 0.0)
    return float(abs(value - reference) / abs(reference))


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
    over_phi = np.einsum("nrpz->nrz", fractions).astype(np.float64)
    depths, radii = over_phi.sum(axis=1), over_phi.sum(axis=2)
    along_z = _moments(depths, _centres(mesh.z_edges(geometry)))
    along_r = _moments(radii, _centres(mesh.r_edges(geometry)))
    return {
        "energy": depths.sum(axis=1),
        "longitudinal_first_moment": along_z[0],
        "longitudinal_second_moment": along_z[1],
        "radial_first_moment": along_r[0],
        "radial_second_moment": along_r[1],
    }


def _centres(edges: Array) -> Array:
    return (edges[:-1] + edges[1:]) / 2.0


def _moments(profiles: Array, positions: Array) -> tuple[Array, Array]:
    """Mean and variance of the positions, weighted by each shower's profile (showers, bins)."""
    weights = profiles / np.maximum(profiles.sum(axis=1, keepdims=True), np.finfo(np.float64).tiny)
    means = weights @ positions
    return means, np.maximum(weights @ positions**2 - means**2, 0.0)
