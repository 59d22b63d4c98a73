# SPDX-License-Identifier: Apache-2.0
"""The conditions under which showers were made: what a model is told, and what samples are compared at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import total_ordering


@total_ordering
@dataclass(frozen=True)
class Point:
    """One combination of conditions.

    Attributes:
        geometry: The calorimeter's name.
        angle_deg: Angle to the layers; 90 is perpendicular.
        energy_gev: The energy of every shower, or the lowest.
        highest_gev: None where all showers have `energy_gev`; else each has an energy of its own between the
            two, as in the data sets of the CaloChallenge.
    """

    geometry: str
    angle_deg: float
    energy_gev: float
    highest_gev: float | None = None

    def __str__(self) -> str:
        energy = plain(self.energy_gev)
        if self.highest_gev is not None:
            energy = f"{energy} to {plain(self.highest_gev)}"
        return f"{self.geometry}, {energy} GeV, {plain(self.angle_deg)} degrees"

    def __lt__(self, other: Point) -> bool:
        return self._rank < other._rank

    @property
    def _rank(self) -> tuple[str, float, float, float]:
        return self.geometry, self.angle_deg, self.energy_gev, self.highest_gev or 0.0


def plain(number: float) -> str:
    """Write a number as briefly as it can be read back: 64, 0.5, 1024."""
    short = f"{number:g}"
    return short if float(short) == number else repr(float(number))
