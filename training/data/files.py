# SPDX-License-Identifier: Apache-2.0
"""Reads showers and writes models wherever an address leads: a folder, a mounted EOS, or a store of fsspec.

Files of showers are read through a window of some megabytes: none is ever whole in memory, nor copied to the
disk of this machine. ``root://`` takes fsspec-xrootd, which is no dependency, since it brings XRootD along;
0.5.5 was tried with a server of 5.5.3. Many of fsspec's calls (``rm``, ``mv``, ``glob``, ``get``, ``put``)
read ``*``, ``?`` and ``[`` in a name as a pattern: only those are used here that take a name as it is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import fsspec
import h5py

from training.errors import DataError, TrainingError

Place = Path | str
"""A path here, or the address of a file or folder elsewhere."""

BUCKETED = ("s3", "gs")
"""Stores in which a file appears whole or not at all, and folders need not be made."""
SUFFIXES = (".h5", ".hdf5")
WINDOW_BYTES = 4 * 2**20
WINDOW = {"block_size": WINDOW_BYTES, "cache_type": "blockcache", "cache_options": {"maxblocks": 16}}

# Read when gcsfs is first imported: by default it asks a second service by gRPC, and for up to a minute, of
# which kind each bucket is.
os.environ.setdefault("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")


def place(address: Path | str) -> Place:
    """Tell an address from a folder; ``file://`` is a folder.

    Raises:
        DataError: It is a ``file://`` of another machine.
    """
    text = str(address)
    if text.startswith("file://"):
        host, _, path = text.removeprefix("file://").partition("/")
        if host not in ("", "localhost"):
            raise DataError(f"{text}: names the machine {host!r}. Write file:///folder, or the path alone.")
        return Path("/", unquote(path))
    return text.rstrip("/") if "://" in text else Path(text)


def below(where: Place, name: str) -> Place:
    """Return the place of a file in a folder."""
    return where / name if isinstance(where, Path) else f"{where}/{name}"


def filesystem(where: Place) -> tuple[Any, str]:
    """Return fsspec's file system of a place, which remembers no listing, and the path there.

    Raises:
        DataError: No package here knows such addresses; the message names the one to install.
    """
    if isinstance(where, Path):  # by its name alone: fsspec reads `::` in an address as a chain of stores
        return fsspec.filesystem("file"), str(where.absolute())
    protocol, options = _protocol(where), dict[str, Any](use_listings_cache=False)
    try:
        if protocol == "gs":  # gcsfs by itself waits for a silent server for ever
            from aiohttp import ClientTimeout

            options["requests_timeout"] = ClientTimeout(total=None, sock_connect=10, sock_read=30)
        files, path = fsspec.core.url_to_fs(where, **options)
    except (ImportError, ValueError) as err:
        mend = "Install one that does, fsspec-xrootd for root://, or use a mounted folder or s3://."
        raise DataError(f"{where}: no package here reads {protocol}:// ({err}). {mend}") from err
    return files, path


@contextmanager
def reached(where: Place, done: str = "read") -> Iterator[tuple[Any, str]]:
    """Give what `filesystem` does, and say which place refused what is done there.

    Raises:
        DataError: Anything failed; the stores' own errors share no base class.
    """
    try:
        yield filesystem(where)
    except (TrainingError, MemoryError):
        raise
    except Exception as err:
        here, there = "permissions and, on EOS, the ticket (klist)", "address and this machine's credentials"
        mend = here if isinstance(where, Path) else there
        reason = " ".join(str(err).split())  # HDF5 writes the time with a line's end
        raise DataError(f"{where}: cannot be {done} ({reason}). Check the {mend}.") from err


@contextmanager
def undamaged(where: Place, damage: str, mend: str) -> Iterator[None]:
    """Tell what HDF5 finds wrong in a file from the system's own refusal, which alone has a number.

    Raises:
        DataError: The file is damaged, with the damage and the mend that were given; or it cannot be read.
    """
    with reached(where):
        try:
            yield
        except (OSError, RuntimeError) as err:
            if getattr(err, "errno", None):
                raise
            raise DataError(f"{where}: {damage} ({err}). {mend}") from err


def hdf5_files(where: Place) -> tuple[Place, ...]:
    """Return the HDF5 files in a folder or one folder deeper, in order; or the one file that is named.

    Raises:
        DataError: Nothing lies there, or it cannot be looked into.
    """
    if size(where) is not None:
        return (where,)
    with reached(where) as (files, root):
        if isinstance(where, Path):
            if not where.is_dir():
                raise DataError(f"{where}: not a folder, nor a file. Give the folder of the .h5 files.")
            found = [path for pattern in ("*", "*/*") for path in where.glob(pattern)]
            return tuple(sorted(path for path in found if path.name.endswith(SUFFIXES)))
        names = sorted(name for name in files.find(root, maxdepth=2) if name.endswith(SUFFIXES))
    if not names:
        raise DataError(f"{where}: no .h5 file lies there. Check the address and the credentials.")
    return tuple(str(files.unstrip_protocol(name)) for name in names)


def read(where: Place) -> bytes | None:
    """Return a file's content; None where there is none.

    Raises:
        DataError: It cannot be read.
    """
    if size(where) is None:
        return None
    with reached(where) as (files, path):
        return bytes(files.cat_file(path))


def size(where: Place) -> int | None:
    """Return a file's size in bytes; None where there is none.

    Raises:
        DataError: It cannot be looked at.
    """
    with reached(where) as (files, path):
        try:
            found = files.info(path)  # `isfile` says no as well where the store does not answer
        except (FileNotFoundError, NotADirectoryError):
            return None
        return int(found["size"]) if found["type"] == "file" else None


@contextmanager
def hdf5(where: Place) -> Iterator[h5py.File]:
    """Open a file of showers to read it; without locks, which network file systems often lack.

    Raises:
        DataError: It is missing, cut off, damaged or no HDF5, or it may not be read.
    """
    with ExitStack() as opened:
        source: Any = where
        if not isinstance(where, Path):
            with reached(where) as (files, path):
                source = opened.enter_context(files.open(path, "rb", **WINDOW))
        with undamaged(where, "not a usable HDF5 file", "Remove it, then fetch or prepare it again."):
            yield opened.enter_context(h5py.File(source, "r", locking=False))


def make(where: Place) -> None:
    """Make a folder; no bucket is made, which fsspec would do.

    Raises:
        DataError: It cannot be made, or there is no such bucket.
    """
    with reached(where, "written to") as (files, root):
        if _protocol(where) not in BUCKETED:
            files.makedirs(root, exist_ok=True)
            return
        bucket = root.partition("/")[0]
        try:
            # Of a bucket itself gcsfs asks what who may read and write objects may have no right to.
            files.info(bucket) if _protocol(where) == "s3" else files.ls(bucket, max_results=1)
        except FileNotFoundError as err:
            raise DataError(
                f"{where}: there is no bucket {bucket!r}. Make it, or correct the address."
            ) from err
        except PermissionError:  # who may only write below a folder may not ask for the bucket
            pass


def put(source: Path, where: Place, name: str) -> None:
    """Put a file in the place of an earlier one: at every moment one of them is there, or its ``.part``.

    Raises:
        DataError: It cannot be written.
    """
    part = f"{name}.part"
    make(where)
    with reached(where, "written to") as (files, root):
        if isinstance(where, Path):
            files.put_file(str(source), f"{root}/{part}")
            (where / part).replace(where / name)
        elif _protocol(where) in BUCKETED:
            files.put_file(str(source), f"{root}/{name}")
        else:
            for target in (part, name):
                remove(below(where, target))
                files.put_file(str(source), f"{root}/{target}")
            remove(below(where, part))


def remove(where: Place) -> None:
    """Delete a file; one that is not there is no error.

    Raises:
        DataError: It cannot be deleted.
    """
    if size(where) is not None:
        with reached(where, "deleted") as (files, path):
            files.rm_file(path)


def _protocol(where: Place) -> str:
    return "file" if isinstance(where, Path) else where.partition("://")[0]
