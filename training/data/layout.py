# SPDX-License-Identifier: Apache-2.0
"""Files of showers in the layout of Zenodo 10.5281/zenodo.6082201: ours and the published are read alike.

``{folder}/{geometry}_angle_{degrees}.h5`` (or one folder deeper, by geometry); one dataset for each energy,
whose key is the energy in GeV as text; shape (showers, r, phi, z); MeV; gzip.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt

from training.data.declaration import file_of, key_of
from training.errors import DataError
from training.geometry import GEOMETRIES, Mesh
from training.point import Point

FILE_NAME = re.compile(r"(?P<geometry>[A-Za-z0-9]+)_angle_(?P<angle>\d+(\.\d+)?)\.h5")
GZIP_LEVEL = 1
"""Higher levels save a few percent of mostly empty cells and cost several times the time."""


def write(folder: Path, point: Point, showers: npt.NDArray[np.float32]) -> None:
    """Write the showers of one point, replacing those that are there.

    Args:
        folder: Root of the data set; made if it is missing.
        point: The conditions.
        showers: MeV, shape (showers, r, phi, z).
    """
    path = folder / Path(file_of("x", point))
    path.parent.mkdir(parents=True, exist_ok=True)
    with _open(path, "a") as file:
        if key_of(point) in file:
            del file[key_of(point)]
        chunks = (1, *showers.shape[1:])
        file.create_dataset(
            key_of(point), data=showers, compression="gzip", compression_opts=GZIP_LEVEL, chunks=chunks
        )


def points(folder: Path) -> tuple[Point, ...]:
    """Return every point below a folder, in order.

    Raises:
        DataError: There is none, or a file cannot be read.
    """
    found = sorted(point for path in _files(folder) for point in _points_of(path))
    if not found:
        raise DataError(
            f"{folder}: no showers found. Expected files such as SiW_angle_90.h5 in it or one folder below."
        )
    return tuple(found)


def read(folder: Path, point: Point, *, limit: int | None = None) -> npt.NDArray[np.float32]:
    """Read the showers of one point.

    Args:
        folder: Root of the data set.
        point: The conditions, as `points` returns them.
        limit: The first so many showers; None reads all.

    Returns:
        MeV, shape (showers, r, phi, z).

    Raises:
        DataError: The file or dataset is missing or holds something else.
    """
    path = _file_of(folder, point)
    with _open(path) as file:
        if key_of(point) not in file:
            raise DataError(
                f"{path}: dataset {key_of(point)!r} is missing; it has {', '.join(file) or 'none'}."
            )
        dataset = file[key_of(point)]
        _check_shape(path, key_of(point), dataset)
        try:
            showers = np.asarray(dataset[:limit], dtype=np.float32)
        except OSError as err:
            raise DataError(
                f"{path}: dataset {key_of(point)!r} is damaged ({err}). Fetch the file again."
            ) from err
    return _checked(path, key_of(point), showers)


def mesh_of(folder: Path, among: Iterable[Point]) -> Mesh:
    """Return the mesh that all these points share.

    Raises:
        DataError: Two points have different meshes.
    """
    first: tuple[Path, Mesh] | None = None
    for point in among:
        path = _file_of(folder, point)
        with _open(path) as file:
            mesh = _check_shape(path, key_of(point), file[key_of(point)])
        first = first or (path, mesh)
        if mesh != first[1]:
            raise DataError(
                f"{path}: dataset {key_of(point)!r} has the mesh {mesh}, but {first[0]} has {first[1]}."
            )
    if first is None:
        raise DataError(f"{folder}: no point to read.")
    return first[1]


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise DataError(f"{folder}: not a folder. Give the folder that holds the .h5 files.")
    return sorted([*folder.glob("*.h5"), *folder.glob("*/*.h5")])


def _file_of(folder: Path, point: Point) -> Path:
    for path in _files(folder):
        if path.name == Path(file_of("x", point)).name:
            return path
    raise DataError(f"{folder}: {Path(file_of('x', point)).name} is missing; it would hold {point}.")


def _points_of(path: Path) -> list[Point]:
    match = FILE_NAME.fullmatch(path.name)
    if match is None or match["geometry"] not in GEOMETRIES:
        names = " or ".join(GEOMETRIES)
        raise DataError(
            f"{path}: not a file of showers. Expected a name such as SiW_angle_90.h5, with {names}."
        )
    with _open(path) as file:
        return [Point(match["geometry"], float(match["angle"]), _energy(path, key)) for key in file]


def _energy(path: Path, key: str) -> float:
    try:
        energy = float(key)
    except ValueError:
        energy = math.nan
    if not (math.isfinite(energy) and energy > 0.0 and f"{energy:g}" == key):
        raise DataError(f"{path}: dataset {key!r} is not named by an energy in GeV, such as '64'.")
    return energy


def _open(path: Path, mode: str = "r") -> h5py.File:
    try:
        return h5py.File(path, mode)
    except OSError as err:
        raise DataError(
            f"{path}: not a usable HDF5 file ({err}). Remove it, then fetch or prepare it."
        ) from err


def _check_shape(path: Path, key: str, dataset: object) -> Mesh:
    if not isinstance(dataset, h5py.Dataset) or dataset.ndim != 4 or 0 in dataset.shape:
        seen = getattr(dataset, "shape", "a group")
        raise DataError(
            f"{path}: dataset {key!r} has shape {seen}. Expected (showers, r, phi, z), none of them 0."
        )
    return Mesh(*(int(size) for size in dataset.shape[1:]))


def _checked(path: Path, key: str, showers: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    bad = ~np.isfinite(showers) | (showers < 0.0)
    if bad.any():
        where = tuple(int(index) for index in np.argwhere(bad)[0])
        raise DataError(
            f"{path}: dataset {key!r} has {bad.sum()} cells that are negative or not finite, first "
            f"{showers[where]} at {where}. Energies are MeV, 0 or more."
        )
    return showers
