# SPDX-License-Identifier: Apache-2.0
"""Copies files and learns their checksums on the way, in one pass over the source.

In plain folders the kernel copies (which can share blocks), and what has been *written* is hashed while
the next piece is being copied. Hashing releases Python's lock, so both really run side by side.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO

from kfp_katib.errors import NoCheckpoint, StorageError
from kfp_katib.storage.model_json import ModelFile
from kfp_katib.storage.places import Place, trouble

_PIECE = 32 << 20  # bytes copied ahead of the hash
_BUFFER = 1 << 20  # bytes hashed at once: fits the processor's cache
_STREAMED = 8 << 20  # bytes passed on at once to or from an object store
_SMALL = 4 << 20  # bytes; below, a helper thread costs more than it saves
_REQUESTS = 8  # files under way to or from an object store
_NOT_BY_KERNEL = (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM, errno.EBADF)


class Disturbed(StorageError):
    """What arrived is not what was sent."""


@dataclass(frozen=True, slots=True)
class Digest:
    """What a file's bytes are: their SHA-256 in hex, and how many."""

    sha256: str
    bytes: int


def digest(file: Place) -> Digest:
    """The checksum of a file where it lies."""
    with trouble(f"reading {file}"), file.reader() as source:
        total, size = hashlib.sha256(), 0
        while piece := source.read(_BUFFER):
            total.update(piece)
            size += len(piece)
    return Digest(total.hexdigest(), size)


def copy(source: Place, target: Place) -> Digest:
    """Copy one file to where none is yet; the digest is that of the bytes that arrived.

    Raises:
        NoCheckpoint: The source is not there.
        StorageError: Either store refuses.
        Disturbed: Other bytes arrived than were sent.
    """
    with trouble(f"reading {source}"):
        reader = source.reader()
    with reader, trouble(f"copying {source} to {target}", missing=StorageError), target.writer() as writer:
        copied = _copy_plain(reader, writer) if source.path and target.path else _pass_on(reader, writer)
    with trouble(f"looking at {target}", missing=Disturbed):
        arrived = target.size()
    if arrived != copied.bytes:
        raise Disturbed(f"{target} has {arrived} bytes after {copied.bytes} were sent. Try again.")
    return copied


def copy_all(source: Place, names: Sequence[str], target: Place) -> dict[str, Digest]:
    """Copy files of one folder to another, several at a time."""
    return _each(names, lambda name: copy(source / name, target / name), _workers(source, target))


def digest_all(folder: Place, names: Sequence[str]) -> dict[str, Digest]:
    """The checksums of files of one folder, several at a time."""
    return _each(names, lambda name: digest(folder / name), _workers(folder))


def compare(files: Sequence[ModelFile], found: Mapping[str, Digest], uri: str) -> None:
    """Refuse files that are not what model.json says.

    Raises:
        NoCheckpoint: A checksum or a size differs; the message names the file and both values.
    """
    for file in files:
        seen = found[file.name]
        if (seen.sha256, seen.bytes) != (file.sha256, file.bytes):
            raise NoCheckpoint(
                f"{uri}/{file.name} is damaged: sha256 {seen.sha256} and {seen.bytes} bytes, but model.json "
                f"says {file.sha256} and {file.bytes}."
            )


def _each(names: Sequence[str], work: Callable[[str], Digest], workers: int) -> dict[str, Digest]:
    with ThreadPoolExecutor(workers) as pool:
        return dict(zip(names, pool.map(work, names), strict=True))


def _workers(*places: Place) -> int:
    """As many as hash at once, or as many requests as hide a store's latency."""
    return (os.cpu_count() or 1) if all(place.path for place in places) else _REQUESTS


def _pass_on(reader: IO[bytes], writer: IO[bytes]) -> Digest:
    total, size = hashlib.sha256(), 0
    while piece := reader.read(_STREAMED):
        total.update(piece)
        writer.write(piece)
        size += len(piece)
    return Digest(total.hexdigest(), size)


def _copy_plain(reader: IO[bytes], writer: IO[bytes]) -> Digest:
    source, target = reader.fileno(), writer.fileno()
    if os.fstat(source).st_size <= _SMALL:
        return _pass_on(reader, writer)
    total, done = hashlib.sha256(), 0
    with ThreadPoolExecutor(1) as kernel:
        ahead = kernel.submit(_copy_piece, source, target, 0)
        while copied := ahead.result():
            start, done = done, done + copied
            ahead = kernel.submit(_copy_piece, source, target, done)
            _hash_range(total, target, start, done)
    return Digest(total.hexdigest(), done)


def _copy_piece(source: int, target: int, offset: int) -> int:
    """Copy at most one piece at an offset of both files; return how many bytes, 0 at the end."""
    if hasattr(os, "copy_file_range"):
        try:
            return os.copy_file_range(source, target, _PIECE, offset, offset)
        except OSError as err:
            if err.errno not in _NOT_BY_KERNEL:
                raise
    return os.pwrite(target, os.pread(source, _PIECE, offset), offset)


def _hash_range(total: hashlib._Hash, file: int, start: int, end: int) -> None:
    buffer = memoryview(bytearray(_BUFFER))
    while start < end:
        read = os.preadv(file, [buffer[: end - start]], start)
        if not read:
            raise OSError(errno.EIO, "the copy is shorter than what was written to it")
        total.update(buffer[:read])
        start += read
