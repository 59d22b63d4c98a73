# SPDX-License-Identifier: Apache-2.0
"""Puts a model into a folder so that at no moment a half copy looks whole.

A plain folder is filled under a temporary name beside it and renamed. An object store has no rename: there
model.json is taken away first and written last. What was there before is replaced only if it is a model
that we could have written; anything else is refused.
"""

from __future__ import annotations

import json
import shutil
import uuid
from pathlib import Path

from kfp_katib.errors import NoCheckpoint, StorageError
from kfp_katib.storage.copying import compare, copy_all
from kfp_katib.storage.model_json import MODEL_JSON, Checkpoint, parse
from kfp_katib.storage.places import Place, trouble

PARTIAL = "model.json.partial"
"""Lists, in an object store, what an unfinished delivery may have left."""


def deliver(checkpoint: Checkpoint, source: Place, destination: Place) -> None:
    """Copy a model into a folder, every checksum verified, and write its model.json last.

    Raises:
        NoCheckpoint: A file is missing or damaged.
        StorageError: A store refuses, or the destination holds something that is no model.
    """
    with trouble(f"writing the model to {destination}", missing=StorageError):
        if destination.path:
            _into_folder(checkpoint, source, destination.path)
        else:
            _into_prefix(checkpoint, source, destination)


def _copy_files(checkpoint: Checkpoint, source: Place, target: Place) -> None:
    digests = copy_all(source, [file.name for file in checkpoint.files], target)
    compare(checkpoint.files, digests, source.uri)


def files_below(folder: Place) -> set[str]:
    """The names of all files in a folder, those of its folders included; symbolic links count as files."""
    if not folder.path:
        root = folder.store._strip_protocol(folder.uri)
        return {name.removeprefix(f"{root}/") for name in folder.store.find(folder.uri)}
    found = (path for path in folder.path.rglob("*") if path.is_symlink() or not path.is_dir())
    return {path.relative_to(folder.path).as_posix() for path in found}


def _into_folder(checkpoint: Checkpoint, source: Place, folder: Path) -> None:
    _refuse_unless_ours(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = _beside(folder, "partial")
    try:
        staging.mkdir()
        _copy_files(checkpoint, source, Place(str(staging), staging))
        (staging / MODEL_JSON).write_text(checkpoint.text)
        _swap(staging, folder)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise


def _swap(staging: Path, folder: Path) -> None:
    """Put `staging` in the place of `folder`; between the two renames there is no folder at all."""
    if not folder.exists():
        staging.rename(folder)
        return
    aside = _beside(folder, "old")
    folder.rename(aside)
    try:
        staging.rename(folder)
    except BaseException:
        aside.rename(folder)
        raise
    shutil.rmtree(aside)


def _beside(folder: Path, what: str) -> Path:
    return folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:12]}.{what}")


def _refuse_unless_ours(folder: Path) -> None:
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise StorageError(f"{folder} is not a folder. Name one that is not there yet.")
    if folder.is_mount():
        raise StorageError(f"{folder} is a mount point, which cannot be replaced. Name a folder inside it.")
    if folder.exists():
        there = Place(str(folder), folder)
        _refuse_strangers(folder, files_below(there), _listed(there, MODEL_JSON))


def _into_prefix(checkpoint: Checkpoint, source: Place, prefix: Place) -> None:
    there, new = files_below(prefix), {file.name for file in checkpoint.files}
    ours = _listed(prefix, MODEL_JSON) | _listed(prefix, PARTIAL)
    _refuse_strangers(prefix, there, ours)
    (prefix / PARTIAL).write(json.dumps(sorted(ours | new)).encode())
    _remove(prefix, there & {MODEL_JSON})
    _copy_files(checkpoint, source, prefix)
    _remove(prefix, there - new - {MODEL_JSON, PARTIAL})
    (prefix / MODEL_JSON).write(checkpoint.text.encode())
    _remove(prefix, {PARTIAL})


def _refuse_strangers(folder: object, there: set[str], ours: set[str]) -> None:
    strangers = sorted(there - ours - {MODEL_JSON, PARTIAL})
    if strangers:
        raise StorageError(
            f"{folder} holds {strangers[0]!r}, which belongs to no model: it will not be replaced. "
            "Name an empty folder, or one that holds a model and nothing else."
        )


def _listed(folder: Place, name: str) -> set[str]:
    """The files that a model.json, or the list of an unfinished delivery, calls its own."""
    try:
        with trouble(f"reading {folder / name}"):
            content = (folder / name).read()
        if name == PARTIAL:
            return set(json.loads(content))
        return {file.name for file in parse(content, folder.uri).files}
    except NoCheckpoint:
        return set()


def _remove(prefix: Place, names: set[str]) -> None:
    if names:
        prefix.store.rm([f"{prefix.uri}/{name}" for name in sorted(names)])
