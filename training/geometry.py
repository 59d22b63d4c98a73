# SPDX-License-Identifier: Apache-2.0
"""The two Par04 calorimeters, the cylindrical mesh in which showers are scored, and the points of both.

Layers, cell sizes and the mesh of 18 x 50 x 45 cells are those of the published showers (Zenodo
10.5281/zenodo.6082201); Geant4's ``common_settings_highgran.mac`` of example Par04 has the same for SiW.
The mesh's z axis is the direction of the incoming particle and starts where it enters (Par04's README, 2.1).
Material constants are from the Review of Particle Physics, "Atomic and nuclear properties of materials".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.errors import OptionError

FULL_MESH = (18, 50, 45)
"""Cells of the published showers along r, phi and z."""


@dataclass(frozen=True)
class Material:
    """One layer's material; for compounds `z` and `a` are averaged by mass, as Geant4's GFlash does."""

    name: str
    z: float
    a: float  # g/mol
    density: float  # g/cm3
    radiation_length: float  # g/cm2
    minimum_ionisation: float  # MeV cm2/g


LEAD = Material("lead", 82, 207.2, 11.35, 6.37, 1.122)
TUNGSTEN = Material("tungsten", 74, 183.84, 19.30, 6.76, 1.145)
SILICON = Material("silicon", 14, 28.085, 2.329, 21.82, 1.664)
SCINTILLATOR = Material("polystyrene", 5.61, 11.16, 1.060, 43.79, 1.936)


@dataclass(frozen=True)
class Geometry:
    """A stack of equal layers, and the size of the full mesh's cells in it."""

    name: str
    absorber: Material
    absorber_mm: float
    active: Material
    active_mm: float
    layers: int
    cell_r_mm: float
    cell_z_mm: float
    one_hot: tuple[float, float]

    @property
    def layer_mm(self) -> float:
        """Thickness of one absorber and one active layer."""
        return self.absorber_mm + self.active_mm

    @property
    def radius_mm(self) -> float:
        """Outer radius of every mesh."""
        return self.cell_r_mm * FULL_MESH[0]

    @property
    def depth_mm(self) -> float:
        """Length of every mesh, and of the calorimeter itself."""
        return self.cell_z_mm * FULL_MESH[2]


SCIPB = Geometry("SciPb", LEAD, 4.4, SCINTILLATOR, 1.2, 45, 4.0, 5.6, (1.0, 0.0))
SIW = Geometry("SiW", TUNGSTEN, 1.4, SILICON, 0.3, 90, 2.325, 3.4, (0.0, 1.0))
GEOMETRIES = {geometry.name: geometry for geometry in (SCIPB, SIW)}


def geometry_named(name: str) -> Geometry:
    """Return the calorimeter of this name.

    Raises:
        OptionError: There is none.
    """
    if name not in GEOMETRIES:
        raise OptionError(f"geometry {name!r} is not known. Use one of {', '.join(GEOMETRIES)}.")
    return GEOMETRIES[name]


@dataclass(frozen=True)
class Mesh:
    """Numbers of cells along r, phi and z; any mesh covers the volume of the full one."""

    r: int = FULL_MESH[0]
    phi: int = FULL_MESH[1]
    z: int = FULL_MESH[2]

    def __str__(self) -> str:
        return f"{self.r}x{self.phi}x{self.z}"

    @property
    def shape(self) -> tuple[int, int, int]:
        """The shape of one shower."""
        return self.r, self.phi, self.z

    @property
    def cells(self) -> int:
        """How many numbers one shower has."""
        return self.r * self.phi * self.z

    def r_edges(self, geometry: Geometry) -> npt.NDArray[np.float64]:
        """Radii of the cells' borders in mm, from the axis outwards."""
        return np.linspace(0.0, geometry.radius_mm, self.r + 1)

    def z_edges(self, geometry: Geometry) -> npt.NDArray[np.float64]:
        """Depths of the cells' borders in mm, from where the particle enters."""
        return np.linspace(0.0, geometry.depth_mm, self.z + 1)


def parse_mesh(text: str) -> Mesh:
    """Read a mesh from text such as ``18x16x9``.

    Raises:
        OptionError: The text is not three positive whole numbers.
    """
    parts = text.lower().split("x")
    if len(parts) != 3 or not all(part.strip().isdecimal() and int(part) > 0 for part in parts):
        raise OptionError(
            f"mesh {text!r} is not three positive whole numbers. Write it as 18x16x9 (r, phi, z)."
        )
    return Mesh(*(int(part) for part in parts))


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
        return f"{self.geometry}, {self.energies}, {plain(self.angle_deg)} degrees"

    def __lt__(self, other: Point) -> bool:
        return self._rank < other._rank

    @property
    def _rank(self) -> tuple[str, float, float, float]:
        return self.geometry, self.angle_deg, self.energy_gev, self.highest_gev or 0.0

    @property
    def energies(self) -> str:
        """The energy in words, ``64 GeV``, or the two ends, ``1 to 1000 GeV``."""
        if self.highest_gev is None:
            return f"{plain(self.energy_gev)} GeV"
        return f"{plain(self.energy_gev)} to {plain(self.highest_gev)} GeV"


def plain(number: float) -> str:
    """Write a number as briefly as it can be read back: 64, 0.5, 1024."""
    short = f"{number:g}"
    return short if float(short) == number else repr(float(number))
