# SPDX-License-Identifier: Apache-2.0
"""Whose the files are that lie where a model is to go."""

from __future__ import annotations

from collections.abc import Set

from kfp_katib.errors import NoCheckpoint, StorageError
from kfp_katib.storage.copying import compare, copy_all
from kfp_katib.storage.model_json import LARGEST, MODEL_JSON, UNFINISHED, Checkpoint, parse
from kfp_katib.storage.places import Place, trouble


def copy_files(checkpoint: Checkpoint, source: Place, target: Place) -> None:
    """Copy a model's files, every checksum verified.

    Raises:
        NoCheckpoint: One is missing or damaged.
        StorageError: A store refuses.
    """
    digests = copy_all(source, [file.name for file in checkpoint.files], target)
    compare(checkpoint.files, digests, source.uri)


def listed(folder: Place) -> set[str]:
    """The files that a folder's model.json lists; none where it lists none that is valid."""
    listing = folder / MODEL_JSON
    try:
        with trouble(f"reading {listing}"):
            return {file.name for file in parse(listing.read(LARGEST), folder.uri).files}
    except NoCheckpoint:
        return set()


def refuse_strangers(folder: object, there: Set[str], ours: Set[str]) -> None:
    """Refuse to replace what is no model.

    Raises:
        StorageError: A file lies there that belongs to none.
    """
    unknown = there - ours - {MODEL_JSON}
    strangers = sorted(name for name in unknown if not UNFINISHED.fullmatch(name))
    if strangers:
        raise StorageError(
            f"{folder} holds {strangers[0]!r}, which belongs to no model: it will not be replaced. "
            "Name an empty folder, or one that holds a model and nothing else."
        )
