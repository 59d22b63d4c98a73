# SPDX-License-Identifier: Apache-2.0
"""A model's files: read in place, verified, and copied with their checksums taken on the way.

In plain folders the kernel copies (which can share blocks), and what has been *written* is hashed while
the next piece is being copied. Hashing releases Python's lock, so the two really run in parallel.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import IO

from kfp_katib.errors import NoCheckpoint, StorageError
from kfp_katib.storage.model_json import LARGEST, MODEL_JSON, Checkpoint, ModelFile, lists_among, parse
from kfp_katib.storage.places import Place, place
from kfp_katib.storage.stores import trouble
from kfp_katib.trial.folder_copy import copy_piece

_PIECE = 32 << 20  # bytes copied ahead of the hash
_BUFFER = 1 << 20  # bytes hashed at once: fits into the processor's cache
_STREAMED = 8 << 20  # bytes passed on at once to or from an object store
_SMALL = 4 << 20  # bytes; below, a helper thread costs more than it saves
_LONGEST_LIST = 8 * LARGEST  # bytes: names of the earlier model, of the new one and of leftovers
_REQUESTS = 8  # files under way to or from an object store


class Disturbed(StorageError):
    """What arrived is not what was sent."""


def read_checkpoint(uri: str | Path, *, endpoint_url: str = "") -> Checkpoint:
    """Read a folder's model.json and check that its files are there with the sizes it gives.

    Args:
        uri: The folder: a path or a URI.
        endpoint_url: The address of an S3 server other than Amazon's.

    Raises:
        NoCheckpoint: There is no model.json, it breaks the contract, or a file is missing, is a symbolic
            link or has another size.
        StorageError: The store cannot be read.
    """
    return read_at(place(uri, endpoint_url))


def verify(checkpoint: Checkpoint, *, endpoint_url: str = "") -> None:
    """Read every file of a checkpoint again and compare checksums.

    Raises:
        NoCheckpoint: A file is missing or differs.
        StorageError: The store cannot be read.
    """
    verify_at(place(checkpoint.uri, endpoint_url), checkpoint)


def read_at(folder: Place) -> Checkpoint:
    """`read_checkpoint` for a place."""
    checkpoint = listed_at(folder)
    for file in checkpoint.files:
        _check_size(folder, file)
    return checkpoint


def listed_at(folder: Place) -> Checkpoint:
    """What a folder's model.json says, whatever else is in the folder."""
    listing = folder / MODEL_JSON
    with trouble(f"reading {listing}"):
        return parse(listing.read(LARGEST), folder.uri)


def verify_at(folder: Place, checkpoint: Checkpoint) -> None:
    """`verify` for a checkpoint's files in a place."""
    _compare(checkpoint.files, digests(folder, [file.name for file in checkpoint.files]), folder)


def verified_at(folder: Place) -> Checkpoint:
    """The checkpoint in a place, with every file verified."""
    checkpoint = read_at(folder)
    verify_at(folder, checkpoint)
    return checkpoint


def names_at(folder: Place) -> set[str]:
    """The files that a folder's model.json lists; none if there is no valid one."""
    try:
        return listed_at(folder).names
    except NoCheckpoint:
        return set()


def leftovers_at(folder: Place, there: Iterable[str]) -> set[str]:
    """The names in all lists, among those that are there, of what unfinished replacements may have left."""
    return set().union(*(_names_in(folder / name) for name in lists_among(there)))


def _names_in(unfinished: Place) -> set[str]:
    """The names in one such list; none if it is gone or damaged."""
    try:
        with trouble(f"reading {unfinished}"):
            names = json.loads(unfinished.read(_LONGEST_LIST))
    except (NoCheckpoint, ValueError, RecursionError):
        return set()
    return {name for name in names if isinstance(name, str)} if isinstance(names, list) else set()


def copy_files(checkpoint: Checkpoint, source: Place, target: Place) -> None:
    """Copy a model's files to a place that has none of them yet, and verify every checksum.

    Raises:
        NoCheckpoint: One is missing or damaged.
        StorageError: A store refuses.
        Disturbed: Other bytes arrived than were sent.
    """
    names = [file.name for file in checkpoint.files]
    _compare(checkpoint.files, _each(names, lambda name: copy(source, name, target), source, target), source)


def digests(folder: Place, names: Sequence[str]) -> list[ModelFile]:
    """The checksums of files in one folder, several at a time."""
    return _each(names, lambda name: digest(folder, name), folder)


def digest(folder: Place, name: str) -> ModelFile:
    """The checksum of a file in place."""
    with trouble(f"reading {folder / name}"), (folder / name).reader() as reader:
        return ModelFile(name, *_pass_on(reader, _BUFFER))


def copy(source: Place, name: str, target: Place) -> ModelFile:
    """Copy one file to a folder that does not have it yet; the digest is that of what arrived."""
    sent, arrived = source / name, target / name
    with trouble(f"reading {sent}"):
        reader = sent.reader()
    with reader, trouble(f"copying {sent} to {arrived}", missing=StorageError), arrived.writer() as writer:
        plain = sent.path and arrived.path and os.fstat(reader.fileno()).st_size > _SMALL
        copied = ModelFile(
            name, *(_copy_plain(reader, writer) if plain else _pass_on(reader, _STREAMED, writer))
        )
    with trouble(f"looking at {arrived}", missing=Disturbed):
        size = arrived.size()
    if size != copied.bytes:
        raise Disturbed(f"{arrived} has {size} bytes after {copied.bytes} were sent. Try again.")
    return copied


def _check_size(folder: Place, file: ModelFile) -> None:
    with trouble(f"looking at {folder / file.name}"):
        for parent in PurePosixPath(file.name).parents:
            path = (folder / str(parent)).path
            if path and str(parent) != "." and path.is_symlink():
                raise NoCheckpoint(f"{path} is a symbolic link; a model's files lie in its own folder.")
        size = (folder / file.name).size()
    if size != file.bytes:
        raise NoCheckpoint(
            f"{folder / file.name} has {size} bytes, but model.json says {file.bytes}: it is damaged or "
            "was still being written."
        )


def _compare(files: Iterable[ModelFile], found: Iterable[ModelFile], folder: Place) -> None:
    for file, seen in zip(files, found, strict=True):
        if seen != file:
            raise NoCheckpoint(
                f"{folder / file.name} is damaged: sha256 {seen.sha256} and {seen.bytes} bytes, but "
                f"model.json says {file.sha256} and {file.bytes}."
            )


def _each(names: Sequence[str], work: Callable[[str], ModelFile], *places: Place) -> list[ModelFile]:
    """Run the work with a thread per processor, or with as many requests as hide a store's latency."""
    plain = all(place.path for place in places)
    with ThreadPoolExecutor(os.cpu_count() if plain else _REQUESTS) as pool:
        return list(pool.map(work, names))


def _pass_on(reader: IO[bytes], at_once: int, writer: IO[bytes] | None = None) -> tuple[str, int]:
    """Read a file to its end, and write it if there is a writer; return its SHA-256 and its size."""
    total, size = hashlib.sha256(), 0
    while piece := reader.read(at_once):
        total.update(piece)
        size += len(piece)
        if writer:
            writer.write(piece)
    return total.hexdigest(), size


def _copy_plain(reader: IO[bytes], writer: IO[bytes]) -> tuple[str, int]:
    source, target = reader.fileno(), writer.fileno()
    total, done = hashlib.sha256(), 0
    with ThreadPoolExecutor(1) as kernel:
        ahead = kernel.submit(copy_piece, source, target, 0, _PIECE)
        while copied := ahead.result():
            start, done = done, done + copied
            ahead = kernel.submit(copy_piece, source, target, done, _PIECE)
            _hash_range(total, target, start, done)
    return total.hexdigest(), done


def _hash_range(total: hashlib._Hash, file: int, start: int, end: int) -> None:
    buffer = memoryview(bytearray(_BUFFER))
    while start < end:
        read = os.preadv(file, [buffer[: end - start]], start)
        if not read:
            raise OSError(errno.EIO, "the copy is shorter than what was written to it")
        total.update(buffer[:read])
        start += read
