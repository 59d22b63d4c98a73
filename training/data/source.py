# SPDX-License-Identifier: Apache-2.0
"""Somebody's files of showers, of either published layout: what they hold, and their showers in blocks.

**Zenodo** 10.5281/zenodo.6082201, the published showers of Par04's calorimeters:
``{geometry}_angle_{degrees}.h5``; one dataset for each energy, whose key is the energy in GeV as text; shape
(showers, r, phi, z); MeV; gzip.

**CaloChallenge**, data sets 2 and 3 (arXiv 2410.21611; Zenodo 6366270 and 6366323): ``incident_energies``,
shape (showers, 1), and ``showers``, shape (showers, voxels), both in MeV. Voxels are flattened with r running
fastest, then the angle, which starts at -180 degrees as Par04's does, then the layer (README, XMLHandler.py
and binning_dataset_{2,3}.xml of github.com/CaloChallenge/homepage). Electrons of 1 GeV to 1 TeV enter Par04's
SiW calorimeter at 90 degrees; the radii of 9 x 4.65 mm and of 18 x 2.325 mm are those of our full mesh, and
so are the 45 layers of 3.4 mm.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

import h5py
import numpy as np

from training.data import declaration, files
from training.data.block import Array, Block, numbers_of, rows_at_once, rows_of, runs
from training.data.files import Place
from training.errors import DataError, OptionError
from training.geometry import GEOMETRIES, SIW, Mesh, Point
from training.scaling import MEV_PER_GEV

ZENODO = (
    "SiW_angle_90.h5 or SciPb_angle_50.h5, with a dataset for each energy in GeV, such as '64', of shape "
    "(showers, r, phi, z), in MeV (Zenodo 6082201)"
)
FILE_NAME = re.compile(r"(?P<geometry>[A-Za-z0-9]+)_angle_(?P<angle>\d+(\.\d+)?)\.(h5|hdf5)")
CALOCHALLENGE = (
    "a file with 'incident_energies', shape (showers, 1), and 'showers', shape (showers, 6480) or "
    "(showers, 40500), in MeV (CaloChallenge data sets 2 and 3)"
)
EXPECTED = f"{ZENODO}; or {CALOCHALLENGE}"
ENERGIES, SHOWERS = "incident_energies", "showers"
MESHES = {mesh.cells: mesh for mesh in (Mesh(9, 16, 45), Mesh(18, 50, 45))}
POINT = Point(SIW.name, 90.0, 1.0, 1000.0)
RANGE_MEV = (1e3, 1e6)
ROUNDING = 1e-6
"""Energies are stored as floats of MeV, the lowest and the highest among them."""
MEND = "Fetch the file again."


@dataclass(frozen=True)
class Piece:
    """One dataset of showers in one file; all its showers belong to one point."""

    place: Place
    dataset: str
    point: Point
    count: int
    mesh: Mesh


def find(where: Place) -> dict[Point, list[Piece]]:
    """Look into every file of a folder or address, or into the one file that is named.

    Returns:
        The points that are there, in order; one point may lie in several files.

    Raises:
        DataError: A file has an unknown layout, two have the same showers, or nothing is there.
    """
    if files.size(files.below(where, declaration.NAME)) is not None:
        raise DataError(
            f"{where}: prepared already; its test part would be trained on. Give what it came from."
        )
    pieces = [piece for path in files.hdf5_files(where) for piece in _pieces(path)]
    if not pieces:
        raise DataError(f"{where}: no showers found. Expected {EXPECTED}, in it or one folder below.")
    found: dict[Point, list[Piece]] = {}
    for piece in sorted(pieces, key=lambda piece: (piece.point, str(piece.place))):
        found.setdefault(piece.point, []).append(piece)
    for point, (first, *others) in found.items():
        if others and point.highest_gev is None:
            raise DataError(f"{first.place} and {others[0].place} both hold {point}. Remove one.")
    return found


def mesh_of(pieces: list[Piece], wanted: Mesh | None) -> Mesh:
    """Return the mesh that all these pieces have, or the coarser one that is wanted of them.

    Raises:
        DataError: Two of them differ.
        OptionError: What is wanted does not divide what they have.
    """
    first = pieces[0]
    for piece in pieces:
        if piece.mesh != first.mesh:
            raise DataError(
                f"{piece.place}: dataset {piece.dataset!r} has the mesh {piece.mesh}, but {first.place} has "
                f"{first.mesh}. Prepare them one by one."
            )
    mesh = wanted or first.mesh
    if any(have % want for have, want in zip(first.mesh.shape, mesh.shape, strict=True)):
        raise OptionError(
            f"mesh {mesh} does not divide the files' mesh {first.mesh}. Take divisors along r, phi, z."
        )
    return mesh


def blocks(pieces: list[Piece], *, count: int, at_most_bytes: int) -> Iterator[Block]:
    """Read the first showers of some pieces, a run of rows at a time.

    Args:
        pieces: Where they lie.
        count: How many of them.
        at_most_bytes: What one block may take, unless its file is compressed in larger pieces.

    Raises:
        DataError: They are damaged, negative or not finite; the message has file, dataset and index.
    """
    for piece in pieces:
        with files.hdf5(piece.place) as file:
            at_once = rows_at_once(file[piece.dataset], at_most_bytes)
            for rows in runs(min(count, piece.count), at_once):
                yield _read(file, piece, rows)
        count -= min(count, piece.count)


def _pieces(where: Place) -> list[Piece]:
    """Look into one file: the names inside tell the challenge's, its own name tells a published one."""
    with files.hdf5(where) as file:
        if ENERGIES in file or SHOWERS in file:
            return [_of_challenge(file, where)]
        match = FILE_NAME.fullmatch(str(where).rsplit("/", 1)[-1])
        if match and match["geometry"] in GEOMETRIES:
            return [_published(file, where, key, match["geometry"], float(match["angle"])) for key in file]
        raise DataError(
            f"{where}: not a file of showers: it has {', '.join(file) or 'nothing'}. Expected {EXPECTED}. "
            "Take it out of the folder, or name one file."
        )


def _published(file: h5py.File, where: Place, key: str, geometry: str, angle_deg: float) -> Piece:
    try:
        energy = float(key)
    except ValueError:
        energy = math.nan
    if not 0.0 < energy < math.inf:
        raise DataError(f"{where}: dataset {key!r} is not named by an energy. Expected {ZENODO}.")
    shape = (None, None, None, None)
    dataset = numbers_of(file, where, key, shape, "Expected (showers, r, phi, z), none of them 0.")
    count, *cells = (int(size) for size in dataset.shape)
    return Piece(where, key, Point(geometry, angle_deg, energy), count, Mesh(*cells))


def _of_challenge(file: h5py.File, where: Place) -> Piece:
    showers = numbers_of(file, where, SHOWERS, (None, None), f"Expected {CALOCHALLENGE}.")
    count, voxels = (int(size) for size in showers.shape)
    if voxels not in MESHES:
        known = " or ".join(f"{cells} ({mesh})" for cells, mesh in MESHES.items())
        raise DataError(
            f"{where}: dataset {SHOWERS!r} has {voxels} voxels. Expected {known}; data set 1 has no one mesh."
        )
    one_each = f"Expected an energy for each of the {count} showers, in {CALOCHALLENGE}."
    numbers_of(file, where, ENERGIES, (count, 1), one_each)
    _energies(file, where, range(count))
    return Piece(where, SHOWERS, POINT, count, MESHES[voxels])


def _energies(file: h5py.File, where: Place, rows: range) -> Array:
    """Read incident energies in GeV; those of a file in other units are out of the challenge's range."""
    stored = rows_of(file[ENERGIES], where, rows, np.float64, mend=MEND)[:, 0]
    lowest, highest = RANGE_MEV
    outside = (stored < lowest * (1.0 - ROUNDING)) | (stored > highest * (1.0 + ROUNDING))
    if outside.any():
        row = int(np.flatnonzero(outside)[0])
        raise DataError(
            f"{where}: dataset {ENERGIES!r} has {stored[row]:g} at {(rows.start + row, 0)}. Expected "
            f"{lowest:g} to {highest:g} MeV."
        )
    return stored / MEV_PER_GEV


def _read(file: h5py.File, piece: Piece, rows: range) -> Block:
    cells = rows_of(file[piece.dataset], piece.place, rows, np.float32, mend=MEND)
    if piece.point.highest_gev is None:
        return Block(piece.point, np.full(len(cells), piece.point.energy_gev), cells)
    r, phi, z = piece.mesh.shape
    cells = np.ascontiguousarray(cells.reshape(-1, z, phi, r).transpose(0, 3, 2, 1))
    return Block(piece.point, _energies(file, piece.place, rows), cells)
