# SPDX-License-Identifier: Apache-2.0
"""Reads a trial's model where it lies, and says whether it is whole."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from kfp_katib.errors import NoCheckpoint
from kfp_katib.storage.copying import compare, digest_all
from kfp_katib.storage.model_json import LARGEST, MODEL_JSON, Checkpoint, ModelFile, parse
from kfp_katib.storage.places import Place, place, trouble


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


def verify_at(folder: Place, checkpoint: Checkpoint) -> None:
    """`verify` for a checkpoint's files in a place."""
    found = digest_all(folder, [file.name for file in checkpoint.files])
    compare(checkpoint.files, found, folder.uri)


def read_at(folder: Place) -> Checkpoint:
    """`read_checkpoint` for a place."""
    listing = folder / MODEL_JSON
    with trouble(f"reading {listing}"):
        checkpoint = parse(listing.read(LARGEST), folder.uri)
    for file in checkpoint.files:
        _check_size(folder, file)
    return checkpoint


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
