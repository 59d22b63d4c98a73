# SPDX-License-Identifier: Apache-2.0
"""What the model sees in place of MeV, GeV and degrees: the only place that scales, for every stage.

In Par04's scripts training, generation and validation each scale by themselves and differ: the angle
condition holds the energy, and saved showers are multiplied by the energy twice.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from training.geometry import geometry_named

MEV_PER_GEV = 1000.0
MAX_ENERGY_GEV = 1024.0
MAX_ANGLE_DEG = 90.0
CONDITIONS = 4
"""energy / MAX_ENERGY_GEV, angle / MAX_ANGLE_DEG, and the geometry one-hot: SciPb [1, 0], SiW [0, 1]."""

Floats = npt.NDArray[np.float32]
Energies = npt.NDArray[np.float64] | float
"""GeV: one energy for all showers, or one for each, shape (showers,)."""


def conditions(geometry: str, energies_gev: Energies, angle_deg: float) -> Floats:
    """Return what the model is told about incoming electrons, shape (showers, 4)."""
    energies = np.atleast_1d(np.asarray(energies_gev, dtype=np.float64))
    told = np.empty((len(energies), CONDITIONS), dtype=np.float32)
    told[:, 0] = energies / MAX_ENERGY_GEV
    told[:, 1] = angle_deg / MAX_ANGLE_DEG
    told[:, 2:] = geometry_named(geometry).one_hot
    return told


def to_fractions(cells_mev: Floats, energies_gev: Energies) -> Floats:
    """Turn deposits in MeV into fractions of each electron's energy, which the model learns."""
    return np.asarray(cells_mev / _incident_mev(cells_mev, energies_gev), dtype=np.float32)


def to_mev(fractions: Floats, energies_gev: Energies) -> Floats:
    """Turn the model's fractions back into deposits in MeV."""
    return np.asarray(fractions * _incident_mev(fractions, energies_gev), dtype=np.float32)


def _incident_mev(cells: Floats, energies_gev: Energies) -> Floats:
    """Incident energies, along the first axis of the cells where each shower has its own."""
    incident = np.asarray(np.asarray(energies_gev) * MEV_PER_GEV, dtype=np.float32)
    return incident.reshape(-1, *[1] * (cells.ndim - 1)) if incident.ndim else incident
