# SPDX-License-Identifier: Apache-2.0
"""Deletes the losers' checkpoints of one experiment, once the winner's copy is verified again."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from kfp_katib.errors import InputError, NoCheckpoint, StorageError
from kfp_katib.storage.checkpoint import read_at, verify_at
from kfp_katib.storage.names import is_safe_name, refuse_unsafe_name
from kfp_katib.storage.places import Place, place, trouble
from kfp_katib.storage.removal import list_plain, remove_plain

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pruned:
    """What pruning did, or with `dry_run` would do; all names of folders inside the experiment's own.

    Attributes:
        removed: The losers' folders.
        kept: The winner's folder, where it was to be kept and is there.
        left_alone: What is no trial's folder: files, symbolic links, names that no trial has.
        dry_run: Whether nothing was deleted.
    """

    removed: tuple[str, ...]
    kept: tuple[str, ...]
    left_alone: tuple[str, ...]
    dry_run: bool


def prune(
    models: str | Path,
    experiment: str,
    keep_trial: str,
    *,
    copy: str | Path,
    keep: int = 1,
    dry_run: bool = False,
    endpoint_url: str = "",
) -> Pruned:
    """Delete the folders of all trials but the winner from `<models>/<experiment>/`.

    Nothing outside that folder is touched, symbolic links are neither followed nor deleted, and a second
    call finds the work done.

    Args:
        models: The root of all models: a path or a URI.
        experiment: The Experiment's name.
        keep_trial: The winner's name.
        copy: The copy of the winner's model, which is verified before anything is deleted.
        keep: 1 keeps the winner's folder, 0 not even that.
        dry_run: Say what would be deleted and delete nothing.
        endpoint_url: The address of an S3 server other than Amazon's.

    Raises:
        InputError: A name could lead out of the root, or `keep` is neither 0 nor 1.
        StorageError: The copy is not whole, or not the winner's; or some folders could not be deleted
            (those that could are gone).
    """
    refuse_unsafe_name("experiment", experiment)
    refuse_unsafe_name("trial", keep_trial)
    if keep not in (0, 1):
        raise InputError(f"keep is {keep!r}. Give 1 to keep the winner's folder, 0 to delete that too.")
    root, copied = place(models, endpoint_url) / experiment, place(copy, endpoint_url)
    _refuse_bad_copy(copied, root, keep_trial)
    folders, others = _listed(root)
    kept = [name for name in folders if keep and name == keep_trial]
    losers = [name for name in folders if name not in kept]
    if not dry_run:
        _remove(root, losers)
        logger.info("deleted %d checkpoint folders from %s", len(losers), root)
    return Pruned(tuple(losers), tuple(kept), tuple(others), dry_run)


def _refuse_bad_copy(copied: Place, root: Place, keep_trial: str) -> None:
    if _within(copied, root):
        raise StorageError(f"The copy {copied} lies inside {root}, which is to be pruned. Copy it elsewhere.")
    checkpoint = read_at(copied)
    verify_at(copied, checkpoint)
    try:
        original = read_at(root / keep_trial)
    except NoCheckpoint:
        return  # pruned before with keep=0; the copy is whole, and that is what counts
    if original.files != checkpoint.files:
        raise StorageError(
            f"The copy {copied} is not the model of trial '{keep_trial}' in {root}: their files differ. "
            "Nothing was deleted. Collect the winner again."
        )


def _within(inner: Place, outer: Place) -> bool:
    if inner.path and outer.path:
        return inner.path.resolve().is_relative_to(outer.path.resolve())
    return f"{inner.uri}/".startswith(f"{outer.uri}/")


def _listed(root: Place) -> tuple[list[str], list[str]]:
    """The trials' folders in an experiment's folder, and what else is there; both sorted."""
    try:
        with trouble(f"listing {root}"):
            found = list_plain(root.path) if root.path else _list_store(root)
    except NoCheckpoint:
        return [], []
    folders = {name for name, is_folder in found if is_folder and is_safe_name(name)}
    return sorted(folders), sorted({name for name, _ in found} - folders)


def _list_store(root: Place) -> list[tuple[str, bool]]:
    entries = root.store.ls(root.uri, detail=True)
    return [(entry["name"].rstrip("/").rpartition("/")[2], entry["type"] == "directory") for entry in entries]


def _remove(root: Place, names: list[str]) -> None:
    if not names:
        return
    with trouble(f"deleting from {root}", missing=StorageError):
        if root.path:
            remove_plain(root.path, names)
        else:
            root.store.rm([f"{root.uri}/{name}/" for name in names], recursive=True)
