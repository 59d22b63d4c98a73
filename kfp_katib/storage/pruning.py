# SPDX-License-Identifier: Apache-2.0
"""Deletes the losers' checkpoints of one experiment, once the winner's copy is verified again."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from kfp_katib.errors import InputError, NoCheckpoint, StorageError
from kfp_katib.storage import disk, object_store
from kfp_katib.storage.addresses import refuse_unsafe_name, within
from kfp_katib.storage.checkpoint import listed_at, verified_at
from kfp_katib.storage.places import Place, place
from kfp_katib.storage.stores import trouble

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pruned:
    """What pruning did, or with `dry_run` would do; all names are relative to the experiment's folder.

    Attributes:
        removed: The losers' folders.
        kept: The winner's folder, if it was to be kept and is there.
        left_alone: What is not a trial's folder: files, symbolic links, any other name; everything if the
            winner's own folder holds no model.
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
    trials: Collection[str],
    copy: str | Path,
    keep: int = 1,
    dry_run: bool = False,
    endpoint_url: str = "",
) -> Pruned:
    """Delete the folders of all trials but the winner from `<models>/<experiment>/`.

    Nothing outside that folder is touched, and nothing in it that is not a trial's; symbolic links are
    neither followed nor deleted, and a second call finds the work done. If the winner's own folder is gone or
    has no model.json, nothing is deleted: either it was deleted before, as the last one, or this is the wrong
    place.

    Args:
        models: The root of all models: a path or a URI.
        experiment: The Experiment's name.
        keep_trial: The winner's name.
        trials: The names of the search's trials, the winner's among them.
        copy: The copy of the winner's model, which is verified before anything is deleted.
        keep: 1 keeps the winner's folder, 0 deletes it too.
        dry_run: Say what would be deleted and delete nothing.
        endpoint_url: The address of an S3 server other than Amazon's.

    Raises:
        InputError: A name could lead out of the root, or `keep` is neither 0 nor 1.
        StorageError: The copy is not complete, or not the winner's; or some folders could not be deleted
            (those that could are gone).
    """
    refuse_unsafe_name("experiment", experiment)
    for trial in (keep_trial, *trials):
        refuse_unsafe_name("trial", trial)
    if keep not in (0, 1):
        raise InputError(f"keep is {keep!r}. Give 1 to keep the winner's folder, 0 to delete that too.")
    root = place(models, endpoint_url, what="the models") / experiment
    has_winner = _check_copy(place(copy, endpoint_url, what="the copy"), root, keep_trial)
    found = _listed(root)
    folders = [name for name in sorted(set(trials)) if (name, True) in found and has_winner]
    kept = [name for name in folders if keep and name == keep_trial]
    losers = [name for name in folders if name not in kept]
    others = sorted({name for name, _ in found} - set(folders))
    if others and not has_winner:
        logger.warning("%s holds no model of trial %s, so nothing is deleted there", root, keep_trial)
    if not dry_run:
        _remove(root, [name for name in losers if name != keep_trial])
        _remove(root, [name for name in losers if name == keep_trial])
        logger.info("deleted %d checkpoint folders from %s", len(losers), root)
    return Pruned(tuple(losers), tuple(kept), tuple(others), dry_run)


def _check_copy(copied: Place, root: Place, keep_trial: str) -> bool:
    """Refuse a copy that is not complete or not the winner's; return whether the winner's own is there.

    Its model.json says so, which is deleted last: some of its files may be gone, if an earlier call failed.
    """
    if within(copied.uri, root.uri):
        raise StorageError(f"The copy {copied} lies inside {root}, which is to be pruned. Copy it elsewhere.")
    checkpoint = verified_at(copied)
    try:
        original = listed_at(root / keep_trial)
    except NoCheckpoint:
        return False
    if original.files != checkpoint.files:
        raise StorageError(
            f"The copy {copied} is not the model of trial '{keep_trial}' in {root}: their files differ. "
            "Nothing was deleted. Collect the winner again."
        )
    return True


def _listed(root: Place) -> set[tuple[str, bool]]:
    """What is in an experiment's folder, each name with whether it is a folder."""
    try:
        with trouble(f"listing {root}"):
            return disk.folders_and_files(root.path) if root.path else object_store.folders_and_files(root)
    except NoCheckpoint:
        return set()


def _remove(root: Place, names: list[str]) -> None:
    if not names:
        return
    with trouble(f"deleting from {root}", missing=StorageError):
        if root.path:
            disk.remove(root.path, names)
        else:
            object_store.remove(root, names)
