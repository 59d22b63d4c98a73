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


def conditions(geometry: str, energy_gev: float, angle_deg: float) -> Floats:
    """Return what the model is told about one incoming electron, shape (4,)."""
    one_hot = geometry_named(geometry).one_hot
    return np.array([energy_gev / MAX_ENERGY_GEV, angle_deg / MAX_ANGLE_DEG, *one_hot], dtype=np.float32)


def to_fractions(cells_mev: Floats, energy_gev: float) -> Floats:
    """Turn deposits in MeV into fractions of the electron's energy, which the model learns."""
    return np.asarray(cells_mev / np.float32(energy_gev * MEV_PER_GEV), dtype=np.float32)


def to_mev(fractions: Floats, energy_gev: float) -> Floats:
    """Turn the model's fractions back into deposits in MeV."""
    return np.asarray(fractions * np.float32(energy_gev * MEV_PER_GEV), dtype=np.float32)
