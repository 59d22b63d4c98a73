# SPDX-License-Identifier: Apache-2.0
"""Files in the layout of the published showers of Par04's calorimeters, Zenodo 10.5281/zenodo.6082201.

``{geometry}_angle_{degrees}.h5``; one dataset for each energy, whose key is the energy in GeV as text; shape
(showers, r, phi, z); MeV; gzip.
"""

from __future__ import annotations

import math
import re

import h5py
import numpy as np

from training.data.block import Block
from training.data.files import Place, name_of
from training.data.piece import Piece, numbers_of, rows_of
from training.errors import DataError
from training.geometry import GEOMETRIES, Mesh
from training.point import Point

NAME = "zenodo"
EXPECTED = (
    "SiW_angle_90.h5 or SciPb_angle_50.h5, with a dataset for each energy in GeV, such as '64', of shape "
    "(showers, r, phi, z), in MeV (Zenodo 6082201)"
)
FILE_NAME = re.compile(r"(?P<geometry>[A-Za-z0-9]+)_angle_(?P<angle>\d+(\.\d+)?)\.(h5|hdf5)")


def recognises(file: h5py.File, where: Place) -> bool:
    """The name says calorimeter and angle, which nothing inside the file does."""
    match = FILE_NAME.fullmatch(name_of(where))
    return match is not None and match["geometry"] in GEOMETRIES


def pieces(file: h5py.File, where: Place) -> list[Piece]:
    """Return the datasets of a file.

    Raises:
        DataError: A dataset is not named by an energy or has another shape.
    """
    match = FILE_NAME.fullmatch(name_of(where))
    assert match is not None  # see recognises
    found = []
    for key in file:
        point = Point(match["geometry"], float(match["angle"]), _energy(where, key))
        dataset = numbers_of(file, where, key, 4, "Expected (showers, r, phi, z), none of them 0.")
        count, *shape = (int(size) for size in dataset.shape)
        found.append(Piece(where, NAME, key, point, count, Mesh(*shape)))
    return found


def read(file: h5py.File, piece: Piece, rows: slice) -> Block:
    """Read showers.

    Raises:
        DataError: They are damaged, negative or not finite.
    """
    cells = rows_of(file[piece.dataset], piece.place, rows, np.float32)
    return Block(
        piece.point, np.full(len(cells), piece.point.energy_gev), cells.astype(np.float32, copy=False)
    )


def _energy(where: Place, key: str) -> float:
    try:
        energy = float(key)
    except ValueError:
        energy = math.nan
    if not (math.isfinite(energy) and energy > 0.0):
        raise DataError(f"{where}: dataset {key!r} is not named by an energy. Expected {EXPECTED}.")
    return energy
