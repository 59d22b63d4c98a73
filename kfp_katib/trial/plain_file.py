# SPDX-License-Identifier: Apache-2.0
"""Reads plain files only, piece by piece, so that nothing in a search's folder can hang or flood the engine.

A trial may leave anything under any name: a named pipe (whose opening waits for a writer), a device that
never ends, a folder, a link to itself. And a link in place of one of our own files was not put there by us.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

CHUNK_BYTES = 1 << 18
LONGEST_LINE_BYTES = 1 << 20

_SAFE = os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
"""Do not wait for what was put there since the last look, and do not make it our terminal."""
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class NotPlain(OSError):
    """What is there is not a plain file. `strerror` says what it is."""


def open_regular(path: Path, flags: int) -> int:
    """A file descriptor of a file of our own, opened without following a link and without waiting.

    Args:
        path: The file.
        flags: Those of `os.open`.

    Raises:
        NotPlain: A link or something else is there.
        OSError: The system refused it.
    """
    try:
        return _checked(path, os.open(path, flags | _SAFE | os.O_NOFOLLOW, 0o666))
    except OSError as err:
        if err.errno == errno.ELOOP:
            raise NotPlain(errno.ELOOP, "it is a symbolic link", str(path)) from err
        raise


def make_folder(path: Path) -> None:
    """Make an empty folder in place of whatever is there; a link is removed, what it leads to stays.

    Raises:
        OSError: The system refused it.
    """
    try:
        path.mkdir()
    except FileExistsError:
        if path.is_dir() and not path.is_symlink():
            remove(path)
        else:
            path.unlink()
        path.mkdir()


def remove(folder: Path) -> None:
    """Remove a folder, which may be nested deeper than Python can follow; what cannot be removed stays."""
    try:
        shutil.rmtree(folder)
    except (OSError, RecursionError):
        subprocess.run(["rm", "-rf", "--", str(folder)], check=False, capture_output=True)


def chunks(path: Path) -> Iterator[bytes]:
    """A plain file piece by piece, up to the size that it has when it is opened: it may still be growing.

    Raises:
        NotPlain: Something else is there.
        OSError: It is missing or cannot be read.
    """
    with open_plain(path) as file:
        yield from between(file, 0, os.fstat(file.fileno()).st_size, CHUNK_BYTES)


def between(file: BinaryIO, start: int, end: int, most: int) -> Iterator[bytes]:
    """What stands between two places of an open file, piece by piece; less where it was cut off meanwhile.

    Args:
        file: The file.
        start: From which byte on.
        end: Before which byte it ends.
        most: How many bytes of it a piece has at most.
    """
    while start < end and (piece := os.pread(file.fileno(), min(most, end - start), start)):
        start += len(piece)
        yield piece


def whole_lines(
    pieces: Iterable[bytes], cut: Callable[[bytes], int], *, ended: bool = True
) -> Iterator[bytes]:
    """A file that arrives piece by piece, in blocks of whole lines.

    Args:
        pieces: The file.
        cut: How much of an overlong line to make a block of its own.
        ended: Whether what comes after the last newline is a line as well.
    """
    rest: list[bytes] = []
    size = 0
    for piece in pieces:
        if end := piece.rfind(b"\n") + 1:
            yield b"".join((*rest, piece[:end]))
            rest, size = [], 0
        rest.append(piece[end:])
        size += len(piece) - end
        if size > LONGEST_LINE_BYTES:
            part = b"".join(rest)
            at = cut(part)
            yield part[:at]
            rest, size = [part[at:]], size - at
    if size and ended:
        yield b"".join(rest)


def end_of(path: Path, size: int) -> bytes:
    """The last bytes of a plain file; empty if it cannot be read."""
    try:
        with open_plain(path) as file:
            whole = os.fstat(file.fileno()).st_size
            file.seek(max(0, whole - size))
            return file.read(size)
    except OSError:
        return b""


def open_plain(path: Path) -> BinaryIO:
    """A plain file, or a link to one; anything else is not even opened, unless it was put there just now.

    Raises:
        NotPlain: Something else is there.
        OSError: It is missing or cannot be read.
    """
    _refuse_others(path, path.stat().st_mode)
    return os.fdopen(_checked(path, os.open(path, os.O_RDONLY | _SAFE)), "rb")


def _checked(path: Path, descriptor: int) -> int:
    try:
        _refuse_others(path, os.fstat(descriptor).st_mode)
    except NotPlain:
        os.close(descriptor)
        raise
    return descriptor


def _refuse_others(path: Path, mode: int) -> None:
    for is_kind, words in _KINDS:
        if is_kind(mode):
            raise NotPlain(0, f"it is {words}, not a file", str(path))
