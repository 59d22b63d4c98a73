# SPDX-License-Identifier: Apache-2.0
"""Deletes folders from a plain folder without ever following a symbolic link.

Everything is named relative to an open folder, so a folder that is swapped for a link meanwhile leads
nowhere. `shutil.rmtree` does the same, but asks the kernel far more often.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from kfp_katib.errors import StorageError

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def list_plain(folder: Path) -> list[tuple[str, bool]]:
    """The names in a folder, each with whether it is a real folder itself."""
    with _opened(folder) as handle, os.scandir(handle) as entries:
        return [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]


def remove_plain(folder: Path, names: Sequence[str]) -> None:
    """Delete folders from a folder; one that is gone already is no error.

    Raises:
        StorageError: Some could not be deleted; all others are.
    """
    with _opened(folder) as handle, ThreadPoolExecutor(os.cpu_count()) as pool:
        failures = [err for err in pool.map(lambda name: _try_remove(name, handle), names) if err]
    if failures:
        raise StorageError(
            f"{len(failures)} of {len(names)} folders in {folder} could not be deleted, the first because of "
            f"{failures[0]}. Delete them by hand, or give this step the rights of the trials."
        )


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    """The folder's handle; its parent may be reached through a link of the user's own, itself may not."""
    try:
        handle = os.open(folder, _FOLDER)
    except OSError as err:
        if err.errno not in (errno.ELOOP, errno.ENOTDIR):
            raise
        raise StorageError(
            f"{folder} is a symbolic link or no folder, and is not followed. Nothing was deleted."
        ) from err
    try:
        yield handle
    finally:
        os.close(handle)


def _try_remove(name: str, parent: int) -> OSError | None:
    try:
        _remove_tree(name, parent)
    except OSError as err:
        return err
    return None


def _remove_tree(name: str, parent: int) -> None:
    try:
        folder = os.open(name, _FOLDER, dir_fd=parent)
    except FileNotFoundError:
        return
    try:
        with os.scandir(folder) as entries:
            listed = list(entries)
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
