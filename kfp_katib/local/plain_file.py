# SPDX-License-Identifier: Apache-2.0
"""Files that a trial left, opened so that none of them can hang or flood the engine.

A trial may leave anything under any name: a named pipe (whose opening waits for a writer), a device that
never ends, a folder, a link to itself. Only a plain file is opened.
"""

from __future__ import annotations

import os
import stat
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
