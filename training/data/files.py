# SPDX-License-Identifier: Apache-2.0
"""Opens files of showers wherever they lie: in a folder, on a mounted EOS, or behind an address of fsspec.

An address such as ``s3://bucket/folder`` or ``root://eosuser.cern.ch//eos/...`` is read through a window of
some megabytes: no file is ever whole in memory, nor copied to the disk of this machine. ``root://`` takes
fsspec-xrootd, which is no dependency, since it brings XRootD along; 0.5.5 was tried with a server of 5.5.3.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py

from training.data.remote import BUCKETED, failures, filesystem, folder_of, is_file
from training.errors import DataError

Place = Path | str
"""A path here, or the address of a file or folder elsewhere."""

SUFFIXES = (".h5", ".hdf5")
WINDOW_BYTES = 4 * 2**20
WINDOWS = 16


def place(address: Path | str) -> Place:
    """Tell an address from a folder; ``file://`` is a folder."""
    text = str(address)
    return text.rstrip("/") if (folder := folder_of(text)) is None else folder


def below(where: Place, name: str) -> Place:
    """Return the place of a file in a folder."""
    return where / name if isinstance(where, Path) else f"{where}/{name}"


def name_of(where: Place) -> str:
    """Return the last part of a path or address."""
    return str(where).rsplit("/", 1)[-1]


def hdf5_files(where: Place) -> tuple[Place, ...]:
    """Return the HDF5 files in a folder or one folder deeper, in order; or the one file that is named.

    Raises:
        DataError: Nothing lies there, or it cannot be looked into.
    """
    with _reported(where):
        if isinstance(where, Path):
            return _hdf5_files_here(where)
        files, root = filesystem(where)
        if is_file(files, root):
            return (where,)
        found = sorted(name for name in files.find(root, maxdepth=2) if _is_hdf5(name))
        if where.partition("://")[0] in BUCKETED:  # s3fs lists `bucket/x` where `bucket//x` is asked for
            found = [name for name in found if name.startswith(f"{root}/")]
    if not found:
        raise DataError(
            f"{where}: no .h5 file lies there. Check the address, the server and the credentials."
        )
    return tuple(str(files.unstrip_protocol(name)) for name in found)


def read_text(where: Place) -> str | None:
    """Return what a file says; None where there is none.

    Raises:
        DataError: It cannot be read.
    """
    with _reported(where):
        if isinstance(where, Path):
            return where.read_text(errors="replace") if where.is_file() else None
        files, root = filesystem(where)
        return str(files.cat_file(root).decode(errors="replace")) if is_file(files, root) else None


def size(where: Place) -> int | None:
    """Return a file's size in bytes; None where there is none.

    Raises:
        DataError: It cannot be looked at.
    """
    with _reported(where):
        if isinstance(where, Path):
            return where.stat().st_size if where.is_file() else None
        files, root = filesystem(where)
        return int(files.size(root)) if is_file(files, root) else None


@contextmanager
def hdf5(where: Place) -> Iterator[h5py.File]:
    """Open a file of showers to read it; without locks, which network file systems often lack.

    Raises:
        DataError: It is missing, cut off or no HDF5, or it may not be read.
    """
    if isinstance(where, Path):
        with _opened(where, where, locking=False) as file:
            yield file
        return
    with _reported(where):
        files, root = filesystem(where)
        window = {"cache_type": "blockcache", "cache_options": {"maxblocks": WINDOWS}}
        stream = files.open(root, "rb", block_size=WINDOW_BYTES, **window)
    with stream, _opened(where, stream) as file:
        yield file


@contextmanager
def reading(where: Place, dataset: str, rows: slice, *, mend: str) -> Iterator[None]:
    """Say what cannot be read of an open file.

    Raises:
        DataError: Rows are damaged, with the mend that was given; or the file is no longer to be reached.
    """
    try:
        yield
    except OSError as err:
        if err.errno:
            raise _refused(where, err) from err
        raise DataError(
            f"{where}: dataset {dataset!r} is damaged in rows {rows.start} to {rows.stop} ({err}). {mend}"
        ) from err


def _hdf5_files_here(where: Path) -> tuple[Path, ...]:
    if where.is_file():
        return (where,)
    if not where.is_dir():
        raise DataError(f"{where}: not a folder, nor a file. Give the folder that holds the .h5 files.")
    return tuple(sorted(p for pattern in ("*", "*/*") for p in where.glob(pattern) if _is_hdf5(p.name)))


def _opened(where: Place, source: Any, **options: Any) -> h5py.File:
    try:
        return h5py.File(source, "r", **options)
    except OSError as err:
        if err.errno:  # the system's own refusal: what HDF5 finds wrong in a file has no number
            raise _refused(where, err) from err
        raise DataError(
            f"{where}: not a usable HDF5 file ({err}). Remove it, then fetch or prepare it again."
        ) from err


def _is_hdf5(name: str) -> bool:
    return name.endswith(SUFFIXES)


@contextmanager
def _reported(where: Place) -> Iterator[None]:
    try:
        yield
    except failures() as err:
        raise _refused(where, err) from err


def _refused(where: Place, err: Exception) -> DataError:
    here = "permissions and, on EOS, the ticket (klist)"
    mend = here if isinstance(where, Path) else "address and this machine's credentials"
    reason = " ".join(str(err).split())  # HDF5 writes the time with a line's end
    return DataError(f"{where}: cannot be read ({reason}). Check the {mend}.")
