# SPDX-License-Identifier: Apache-2.0
"""Copies a folder that a trial wrote: plain files and folders with their modes and times, and links as links.

No link is followed, so that a copy never leads out of the folder, and nothing is opened that would wait or
never end: named pipes, sockets and devices are left out.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from kfp_katib.trial.plain_file import NotPlain, open_regular

_PIECE_BYTES = 8 << 20
_NOT_BY_KERNEL = (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM, errno.EBADF)

Copied = Callable[[int], None]
"""Called with the bytes of each piece that was copied; what it raises ends the copying."""


def copy_folder(source: Path, target: Path, copied: Copied = lambda _: None) -> None:
    """Copy what is in a folder into another one, which is there and empty.

    Args:
        source: The folder; nobody writes there any more.
        target: Where the copy goes.
        copied: Called as the copying goes on.

    Raises:
        NotPlain: The source is a link, or no folder.
        OSError: The system refused something; `filename` says where.
    """
    if source.is_symlink() or not source.is_dir():
        there = os.path.lexists(source)
        raise NotPlain(errno.ENOTDIR, "it is not a folder" if there else "it is not there", str(source))
    folders = [(source, target)]
    for place, copy in folders:  # it grows meanwhile
        with os.scandir(place) as entries:
            for entry in entries:
                if entry.is_symlink():
                    (copy / entry.name).symlink_to(_moved(Path(entry.path), source, target))
                elif entry.is_dir(follow_symlinks=False):
                    (copy / entry.name).mkdir()
                    folders.append((Path(entry.path), copy / entry.name))
                elif entry.is_file(follow_symlinks=False):
                    _copy_file(Path(entry.path), copy / entry.name, copied)
                copied(0)
    for place, copy in reversed(folders):  # a folder that may not be written is filled before it is closed
        _set_like(place.stat(), copy)


def _moved(link: Path, source: Path, target: Path) -> Path:
    """Where the copy of a link leads: what led into the folder leads into the copy."""
    leads = link.readlink()
    for start in (source, source.resolve()):
        if leads.is_relative_to(start):
            return target / leads.relative_to(start)
    return leads


def _copy_file(source: Path, target: Path, copied: Copied) -> None:
    reader = open_regular(source, os.O_RDONLY)
    try:
        writer = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            found = os.fstat(reader)
            for start, end in _filled(reader, found.st_size):
                _copy_range(reader, writer, start, end, copied)
            os.truncate(writer, found.st_size)  # a hole at the end
        finally:
            os.close(writer)
    except OSError as err:
        raise type(err)(err.errno, err.strerror, str(source)) from err
    finally:
        os.close(reader)
    _set_like(found, target)


def _set_like(found: os.stat_result, copy: Path) -> None:
    """Give a copy the mode and the times of its original: some look for the file that was written last."""
    os.utime(copy, ns=(found.st_atime_ns, found.st_mtime_ns))
    copy.chmod(stat.S_IMODE(found.st_mode))


def _filled(reader: int, size: int) -> Iterator[tuple[int, int]]:
    """The parts of a file that are no holes; all of it where the system cannot tell."""
    at = 0
    while at < size:
        try:
            start = os.lseek(reader, at, os.SEEK_DATA)
            end = os.lseek(reader, start, os.SEEK_HOLE)
        except OSError as err:
            if err.errno != errno.ENXIO:  # else nothing but a hole follows
                yield at, size
            return
        yield start, end
        at = end


def _copy_range(reader: int, writer: int, start: int, end: int, copied: Copied) -> None:
    """By the kernel where it can, which may share the blocks instead of copying them."""
    while start < end and (done := copy_piece(reader, writer, start, min(_PIECE_BYTES, end - start))):
        start += done
        copied(done)


def copy_piece(reader: int, writer: int, at: int, size: int) -> int:
    """Copy at most so many bytes at an offset of both files; return how many, 0 at the end."""
    if hasattr(os, "copy_file_range"):
        try:
            return os.copy_file_range(reader, writer, size, at, at)
        except OSError as err:
            if err.errno not in _NOT_BY_KERNEL:
                raise
    return os.pwrite(writer, os.pread(reader, size, at), at)
