# SPDX-License-Identifier: Apache-2.0
"""What is compared between simulated and generated showers, each as one number where 0 is equal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

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
