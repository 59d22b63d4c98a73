# SPDX-License-Identifier: Apache-2.0
"""Files of data sets 2 and 3 of the CaloChallenge (arXiv 2410.21611; Zenodo 6366270 and 6366323).

``incident_energies``, shape (showers, 1), and ``showers``, shape (showers, voxels), both in MeV. Voxels are
flattened with r running fastest, then the angle, which starts at -180 degrees as Par04's does, then the layer
(README, XMLHandler.py and binning_dataset_{2,3}.xml of github.com/CaloChallenge/homepage). Electrons of 1 GeV
to 1 TeV enter Par04's SiW calorimeter at 90 degrees; the radii of 9 x 4.65 mm and of 18 x 2.325 mm are those
of our full mesh, and so are the 45 layers of 3.4 mm.
"""

from __future__ import annotations

import h5py
import numpy as np

from training.data.block import Array, Block
from training.data.files import Place
from training.data.piece import Piece, numbers_of, rows_of
from training.errors import DataError
from training.geometry import SIW, Mesh
from training.point import Point
from training.scaling import MEV_PER_GEV

NAME = "calochallenge"
EXPECTED = (
    "a file with 'incident_energies', shape (showers, 1), and 'showers', shape (showers, 6480) or "
    "(showers, 40500), in MeV (CaloChallenge data sets 2 and 3)"
)
ENERGIES, SHOWERS = "incident_energies", "showers"
MESHES = {mesh.cells: mesh for mesh in (Mesh(9, 16, 45), Mesh(18, 50, 45))}
POINT = Point(SIW.name, 90.0, 1.0, 1000.0)
ROUNDING = 1e-6
"""Energies are stored as floats of MeV, the lowest and the highest among them."""


def recognises(file: h5py.File, where: Place) -> bool:
    """The names inside tell; file names are free."""
    return ENERGIES in file or SHOWERS in file


def pieces(file: h5py.File, where: Place) -> list[Piece]:
    """Return the one dataset of a file.

    Raises:
        DataError: Shapes or energies are not those of data set 2 or 3.
    """
    showers = numbers_of(file, where, SHOWERS, 2, f"Expected {EXPECTED}.")
    energies = numbers_of(file, where, ENERGIES, 2, f"Expected {EXPECTED}.")
    count, voxels = (int(size) for size in showers.shape)
    if voxels not in MESHES:
        known = " or ".join(f"{cells} ({mesh})" for cells, mesh in MESHES.items())
        raise DataError(
            f"{where}: dataset {SHOWERS!r} has {voxels} voxels. Expected {known}; data set 1 has no one mesh."
        )
    if energies.shape != (count, 1):
        raise DataError(
            f"{where}: dataset {ENERGIES!r} has shape {energies.shape}, but there are {count} showers. "
            f"Expected {EXPECTED}."
        )
    _check_range(where, _energies(file, where, slice(0, count)))
    return [Piece(where, NAME, SHOWERS, POINT, count, MESHES[voxels])]


def read(file: h5py.File, piece: Piece, rows: slice) -> Block:
    """Read showers.

    Raises:
        DataError: They are damaged, negative or not finite.
    """
    flat = rows_of(file[SHOWERS], piece.place, rows, np.float32)
    r, phi, z = piece.mesh.shape
    cells = np.ascontiguousarray(flat.reshape(-1, z, phi, r).transpose(0, 3, 2, 1), dtype=np.float32)
    return Block(piece.point, _energies(file, piece.place, rows), cells)


def _energies(file: h5py.File, where: Place, rows: slice) -> Array:
    stored = rows_of(file[ENERGIES], where, rows, np.float64)
    return np.asarray(stored[:, 0] / MEV_PER_GEV, dtype=np.float64)


def _check_range(where: Place, energies_gev: Array) -> None:
    lowest, highest = POINT.energy_gev, POINT.highest_gev or POINT.energy_gev
    outside = (energies_gev < lowest * (1.0 - ROUNDING)) | (energies_gev > highest * (1.0 + ROUNDING))
    if outside.any():
        row = int(np.flatnonzero(outside)[0])
        raise DataError(
            f"{where}: dataset {ENERGIES!r} has {energies_gev[row] * MEV_PER_GEV:g} at ({row}, 0). Expected "
            f"{lowest * MEV_PER_GEV:g} to {highest * MEV_PER_GEV:g} MeV."
        )
