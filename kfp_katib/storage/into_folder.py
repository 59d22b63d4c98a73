# SPDX-License-Identifier: Apache-2.0
"""A model into a plain folder: filled beside it, then put in its place by one step of the file system.

Where the file system cannot exchange two folders (NFS, most of FUSE) there are two steps. Who is killed
between them leaves no folder, and the earlier one beside it, which the next delivery puts back first.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kfp_katib.errors import StorageError
from kfp_katib.storage.checkpoint import read_at
from kfp_katib.storage.contents import copy_files, listed, refuse_strangers
from kfp_katib.storage.exchange import exchange
from kfp_katib.storage.model_json import MODEL_JSON, Checkpoint
from kfp_katib.storage.objects import files_below
from kfp_katib.storage.places import Place

_OCCUPIED = (errno.ENOTEMPTY, errno.EEXIST)


def deliver(checkpoint: Checkpoint, source: Place, folder: Path) -> None:
    """Copy a model into a folder, verified, in place of the model that lies there."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    tidy(folder)
    _refuse_unless_ours(folder)
    with _staging(folder) as staging:
        copy_files(checkpoint, source, Place(str(staging), staging))
        (staging / MODEL_JSON).write_bytes(checkpoint.text.encode())
        read_at(Place(str(staging), staging))  # nobody took a file away meanwhile
        _put(staging, folder)


def tidy(folder: Path) -> None:
    """Put the earlier folder back where a delivery was killed between its two steps; delete leftovers."""
    for leftover in _leftovers(folder, "old"):
        if not folder.exists():
            leftover.rename(folder)
    for leftover in (*_leftovers(folder, "old"), *_leftovers(folder, "partial")):
        with _locked(leftover) as free:
            if free:
                shutil.rmtree(leftover, ignore_errors=True)


def _put(staging: Path, folder: Path) -> None:
    try:
        staging.rename(folder)  # nothing is there, or an empty folder
    except OSError as err:
        if err.errno not in _OCCUPIED:
            raise
        if not exchange(staging, folder):
            _put_in_two_steps(staging, folder)


def _put_in_two_steps(staging: Path, folder: Path) -> None:
    aside = _beside(folder, "old")
    folder.rename(aside)
    try:
        staging.rename(folder)
    except BaseException:
        aside.rename(folder)
        raise
    shutil.rmtree(aside, ignore_errors=True)


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    """A new folder beside; afterwards whatever has its name then is deleted."""
    staging = _beside(folder, "partial")
    staging.mkdir()
    try:
        with _locked(staging):
            yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Whether nobody else is at work in a leftover; nobody else is while this lasts."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        yield False
        return
    try:
        free = True
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            free = False
        except OSError:  # a file system without locks: its leftovers go all the same
            pass
        yield free
    finally:
        os.close(handle)


def _beside(folder: Path, what: str) -> Path:
    return folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:12]}.{what}")


def _leftovers(folder: Path, what: str) -> list[Path]:
    """What deliveries to a folder that were killed left beside it."""
    pattern = re.compile(rf"\.{re.escape(folder.name)}\.[0-9a-f]{{12}}\.{what}")
    with suppress(FileNotFoundError):
        return sorted(path for path in folder.parent.iterdir() if pattern.fullmatch(path.name))
    return []


def _refuse_unless_ours(folder: Path) -> None:
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise StorageError(f"{folder} is not a folder. Name one that is not there yet.")
    if folder.is_mount():
        raise StorageError(f"{folder} is a mount point, which cannot be replaced. Name a folder inside it.")
    there = files_below(Place(str(folder), folder))
    for name in sorted(there):
        if not stat.S_ISREG((folder / name).lstat().st_mode):
            raise StorageError(
                f"{folder} holds {name!r}, which is no regular file: it will not be replaced. "
                "Take it away, or name an empty folder."
            )
    refuse_strangers(folder, there, listed(Place(str(folder), folder)))
