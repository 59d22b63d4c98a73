# SPDX-License-Identifier: Apache-2.0
"""Opens files that must be plain ones: a link, a pipe or a folder in their place was not left by us."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from pathlib import Path


def open_regular(path: Path, flags: int) -> int:
    """A file descriptor of a regular file, opened without following a link and without waiting for anybody.

    Args:
        path: The file.
        flags: Of `os.open`.

    Raises:
        OSError: The system refused it, or it is something else; the message says what.
    """
    safe = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags | safe, 0o666)
    except OSError as err:
        if err.errno == errno.ELOOP:
            raise OSError(errno.ELOOP, "it is a symbolic link", str(path)) from err
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    return descriptor


def make_folder(path: Path) -> None:
    """An empty folder, in place of whatever is there; a link is taken away, what it leads to stays.

    Raises:
        OSError: The system refused it.
    """
    try:
        path.mkdir()
    except FileExistsError:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
        path.mkdir()
