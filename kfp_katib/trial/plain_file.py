# SPDX-License-Identifier: Apache-2.0
"""Opens plain files only, so that nothing that lies in a search's folder can hang or flood the engine.

A trial may leave anything under any name: a named pipe (whose opening waits for a writer), a device that
never ends, a folder, a link to itself. And a link in the place of a file of our own was not left by us.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

CHUNK_BYTES = 1 << 18

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class NotPlain(OSError):
    """What lies there is no plain file. `strerror` says what it is."""


def open_plain(path: Path) -> BinaryIO:
    """Open a plain file, or a link to one, for reading.

    Raises:
        NotPlain: Something else lies there.
        OSError: It is missing or cannot be read.
    """
    _refuse_others(path, path.stat().st_mode)
    # What was put there since the look is neither waited for, nor does it become our terminal.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    file = os.fdopen(descriptor, "rb")
    try:
        _refuse_others(path, os.fstat(descriptor).st_mode)
    except NotPlain:
        file.close()
        raise
    return file


def open_regular(path: Path, flags: int) -> int:
    """A file descriptor of a file of our own, opened without following a link and without waiting.

    Args:
        path: The file.
        flags: Of `os.open`.

    Raises:
        NotPlain: A link or something else lies there.
        OSError: The system refused it.
    """
    safe = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags | safe, 0o666)
    except OSError as err:
        if err.errno == errno.ELOOP:
            raise NotPlain(errno.ELOOP, "it is a symbolic link", str(path)) from err
        raise
    try:
        _refuse_others(path, os.fstat(descriptor).st_mode)
    except NotPlain:
        os.close(descriptor)
        raise
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
            _remove(path)
        else:
            path.unlink()
        path.mkdir()


def chunks(file: BinaryIO) -> Iterator[bytes]:
    """The file piece by piece, up to the size that it has now: it may still be growing."""
    left = os.fstat(file.fileno()).st_size
    while left > 0 and (chunk := file.read(min(CHUNK_BYTES, left))):
        left -= len(chunk)
        yield chunk


def end_of(path: Path, size: int) -> bytes:
    """The last bytes of a plain file; empty where there is none that can be read."""
    try:
        with open_plain(path) as file:
            whole = os.fstat(file.fileno()).st_size
            file.seek(max(0, whole - size))
            return file.read(size)
    except OSError:
        return b""


def _refuse_others(path: Path, mode: int) -> None:
    for is_kind, words in _KINDS:
        if is_kind(mode):
            raise NotPlain(0, f"it is {words}, not a file", str(path))


def _remove(folder: Path) -> None:
    """Remove a folder, which may be nested deeper than Python can follow; what cannot be removed stays."""
    try:
        shutil.rmtree(folder)
    except (OSError, RecursionError):
        subprocess.run(["rm", "-rf", "--", str(folder)], check=False, capture_output=True)
