# SPDX-License-Identifier: Apache-2.0
"""Plain folders: a model replaced by another in one step, and folders deleted.

The new model is completed next to the earlier one, then the two folders exchange their names. Where the file
system cannot do that (NFS, most of FUSE) there are two steps: a process killed between them leaves the
earlier folder under another name next to its place, and the next call first puts it back. Where folders
cannot be renamed at all, the files are, one by one (mounted.py).

What is deleted is named relative to an open folder, so a folder that is swapped for a symbolic link
meanwhile leads nowhere. `shutil.rmtree` does the same, but makes far more system calls.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import random
import re
import shutil
import stat
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from kfp_katib.errors import StorageError
from kfp_katib.storage.checkpoint import copy_files, leftovers_at, names_at, read_at
from kfp_katib.storage.model_json import MODEL_JSON, Checkpoint, refuse_strangers
from kfp_katib.storage.mounted import clear, put_file_by_file
from kfp_katib.storage.places import Place, files_below

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_OCCUPIED = (errno.ENOTEMPTY, errno.EEXIST)
_ATTEMPTS = 4
_PAUSE = 1.0  # seconds at most, and more with each attempt, so that two writers get out of step

# renameat2 of Linux
_CURRENT_FOLDER = -100  # where relative paths start
_EXCHANGE = 2
_CANNOT_EXCHANGE = (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTTY, errno.EPERM)


def replace(checkpoint: Checkpoint, source: Place, folder: Path) -> None:
    """Copy a model into a folder and verify it; the model that is there is replaced.

    Raises:
        StorageError: The folder holds something else, or others replace the model at the same time.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    for attempt in range(_ATTEMPTS):
        time.sleep(random.uniform(0, attempt * _PAUSE))
        tidy(folder)
        _refuse_unless_ours(folder)
        with _staging(folder) as staging:
            copy_files(checkpoint, source, Place(str(staging), staging))
            (staging / MODEL_JSON).write_bytes(checkpoint.text.encode())
            read_at(Place(str(staging), staging))  # make sure that no file has disappeared meanwhile
            if _put(staging, folder):
                return
    raise StorageError(
        f"{folder} is not complete after {_ATTEMPTS} attempts: others write there at the same time. "
        "Let them finish, then try again."
    )


def tidy(folder: Path) -> None:
    """Put the earlier folder back if a call was killed between its two steps; delete leftovers."""
    for leftover in _leftovers(folder, "old"):
        if not folder.exists():
            leftover.rename(folder)
    for leftover in _leftovers(folder, "(old|partial)"):
        with _locked(leftover) as free:
            if free:
                shutil.rmtree(leftover, ignore_errors=True)
    if not folder.is_symlink():
        clear(folder)


def folders_and_files(folder: Path) -> set[tuple[str, bool]]:
    """The names in a folder, each with whether it is a folder itself, which a link is not."""
    with _opened(folder) as handle, os.scandir(handle) as entries:
        return {(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries}


def remove(folder: Path, names: Sequence[str]) -> None:
    """Delete folders from a folder; one that is gone already is not an error.

    Raises:
        StorageError: Some could not be deleted; all others are.
    """
    with _opened(folder) as handle, ThreadPoolExecutor(os.cpu_count()) as pool:
        removals = [pool.submit(_remove_tree, name, handle) for name in names]
    if failures := [err for removal in removals if (err := removal.exception())]:
        raise StorageError(
            f"{len(failures)} of {len(names)} folders in {folder} could not be deleted, the first because of "
            f"{failures[0]}. Delete them by hand, or give this step the rights of the trials."
        )


def exchange(one: Path, other: Path) -> bool:
    """Exchange the names of two folders; at every moment both are there.

    Linux can do it on the file systems of its disks, but not on NFS and most of FUSE.

    Returns:
        Whether that was done; if the system cannot do it, nothing has changed.

    Raises:
        OSError: The system can do it, but refuses these folders.
    """
    sys.audit("kfp_katib.exchange", one, other)
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    if rename(_CURRENT_FOLDER, os.fsencode(one), _CURRENT_FOLDER, os.fsencode(other), _EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _CANNOT_EXCHANGE:
        return False
    raise OSError(number, os.strerror(number), str(one), None, str(other))


def _put(staging: Path, folder: Path) -> bool:
    """Put a model in its place; False where others have spoilt it meanwhile."""
    try:
        staging.rename(folder)  # nothing is there, or an empty folder
    except OSError as err:
        if err.errno == errno.EMFILE:
            return put_file_by_file(staging, folder)
        if err.errno not in _OCCUPIED:
            raise
        if not exchange(staging, folder):
            _put_in_two_steps(staging, folder)
    return True


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
    """A new folder next to a folder; at the end, whatever has its name is deleted."""
    staging = _beside(folder, "partial")
    staging.mkdir()
    try:
        with _locked(staging):
            yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Lock a folder; yields whether it was free, False also if it cannot be opened."""
    try:
        handle = os.open(folder, _FOLDER)
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
    """What killed calls left next to a folder."""
    pattern = re.compile(rf"\.{re.escape(folder.name)}\.[0-9a-f]{{12}}\.{what}")
    with suppress(FileNotFoundError):
        return sorted(path for path in folder.parent.iterdir() if pattern.fullmatch(path.name))
    return []


def _refuse_unless_ours(folder: Path) -> None:
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise StorageError(f"{folder} is not a folder. Name one that is not there yet.")
    if folder.is_mount():
        raise StorageError(f"{folder} is a mount point, which cannot be replaced. Name a folder inside it.")
    here = Place(str(folder), folder)
    there = files_below(here)
    for name in sorted(there):
        if not stat.S_ISREG((folder / name).lstat().st_mode):
            raise StorageError(
                f"{folder} holds {name!r}, which is not a regular file: it will not be replaced. "
                "Remove it, or name an empty folder."
            )
    refuse_strangers(folder, there, names_at(here) | leftovers_at(here, there))


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    """The folder's handle; the user may reach its parent through a link, but it must not be one itself."""
    try:
        handle = os.open(folder, _FOLDER)
    except OSError as err:
        if err.errno not in (errno.ELOOP, errno.ENOTDIR):
            raise
        raise StorageError(
            f"{folder} is a symbolic link or not a folder, and is not followed. Nothing was deleted."
        ) from err
    try:
        yield handle
    finally:
        os.close(handle)


def _remove_tree(name: str, parent: int) -> None:
    try:
        folder = os.open(name, _FOLDER, dir_fd=parent)
    except FileNotFoundError:
        return
    try:
        with os.scandir(folder) as entries:
            listed = sorted(entries, key=lambda entry: entry.name == MODEL_JSON)  # it says whose the rest is
        for entry in listed:
            if entry.is_dir(follow_symlinks=False):
                _remove_tree(entry.name, folder)
            else:
                with suppress(FileNotFoundError):
                    os.unlink(entry.name, dir_fd=folder)
    finally:
        os.close(folder)
    with suppress(FileNotFoundError):
        os.rmdir(name, dir_fd=parent)
