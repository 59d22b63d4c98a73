# SPDX-License-Identifier: Apache-2.0
"""The conditions under which showers were made: what a model is told, and what samples are compared at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, order=True)
class Point:
    """One combination of conditions, which is one dataset of one file."""

    geometry: str
    angle_deg: float
    energy_gev: float

    def __str__(self) -> str:
        return f"{self.geometry}, {self.energy_gev:g} GeV, {self.angle_deg:g} degrees"

    @property
    def path(self) -> Path:
        """The file of this point below the folder of a data set."""
        return Path(self.geometry) / f"{self.geometry}_angle_{self.angle_deg:g}.h5"

    @property
    def key(self) -> str:
        """The dataset of this point in its file."""
        return f"{self.energy_gev:g}"
