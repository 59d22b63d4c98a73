# SPDX-License-Identifier: Apache-2.0
"""Deleting a search: looked at first, then deleted, so that a removal that was interrupted can be repeated.

The journal, by which a folder is known to be a search's, and the lock go last.
"""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kfp_katib.engines.local.folder import RunFolder, no_search, open_folder, owner
from kfp_katib.engines.local.journal import Journal
from kfp_katib.engines.local.journal_attributes import MODELS
from kfp_katib.engines.local.resume import end_orphans, readable
from kfp_katib.errors import InputError
from kfp_katib.trial.plain_file import remove

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Removal:
    """What the removal of one search deletes.

    Attributes:
        folder: The search's folder, with its trials, the models in it, and the earlier searches.
        trials: How many trials it has, those of earlier searches not counted.
        earlier: How many earlier searches were put aside there.
        size: The bytes of all files in it.
        models: Where else there may be models of its trials, which stay.
    """

    folder: Path
    trials: int
    earlier: int
    size: int
    models: tuple[str, ...]


def remember_models(journal: Journal, models: str) -> None:
    """Store where the trials write their models, unless it is known."""
    known = known_models(journal)
    if models and models not in known:
        journal.set(MODELS, [*known, models])


def to_delete(name: str, *, runs: Path) -> Removal:
    """What deleting a search would delete; nothing is changed.

    Args:
        name: The Experiment's name.
        runs: The folder of all searches.

    Raises:
        InputError: There is no such search in `runs`, or an engine works on it.
    """
    folder = _found(name, runs)
    if engine := owner(folder):
        raise InputError(
            f"Experiment '{name}' is being run by another process (pid {engine}). Stop it "
            f"first: kfp-katib cancel {folder.path}"
        )
    journal = readable(folder)
    places = (f"{root.rstrip('/')}/{name}" for root in known_models(journal))
    elsewhere = tuple(place for place in places if not _is_in(place, folder.path))
    earlier = _entries(folder.path / "earlier")
    return Removal(folder.path, len(journal.records), len(earlier), _size(folder.path), elsewhere)


def _found(name: str, runs: Path) -> RunFolder:
    folder = RunFolder((runs / name).absolute())
    if name in ("", ".", "..") or Path(name).name != name:
        raise InputError(
            f"{name!r} is no name of a search. Give the name of an Experiment in {runs.absolute()}."
        )
    if folder.path.is_symlink():
        raise InputError(
            f"{folder.path} is a link; what it leads to is not deleted. Remove the link yourself."
        )
    if not _is_ours(folder):
        raise no_search(name, runs)
    return folder


def _is_ours(folder: RunFolder) -> bool:
    """Whether it is a search's, or what a removal left that was interrupted; never just any folder."""
    begun = {"lock", "earlier"}
    return folder.journal.is_file() or (folder.path.is_dir() and begun.issuperset(_entries(folder.path)))


def _is_in(place: str, folder: Path) -> bool:
    return "://" not in place and Path(place).resolve().is_relative_to(folder.resolve())


def known_models(journal: Journal) -> list[str]:
    """The roots under which the trials wrote their models, as far as that is known."""
    stored = journal.attributes.get(MODELS)
    return [place for place in stored if isinstance(place, str)] if isinstance(stored, list) else []


def _entries(folder: Path) -> list[str]:
    try:
        return [entry.name for entry in folder.iterdir()]
    except OSError:
        return []


def _size(folder: Path) -> int:
    return sum(_sizes(folder))


def _sizes(folder: Path) -> Iterator[int]:
    """The size of each file below a folder; a link has its own, and what cannot be read has none."""
    for place, _, files in os.walk(folder):
        for file in files:
            with suppress(OSError):
                found = os.lstat(os.path.join(place, file))  # noqa: PTH118  (a Path for each takes its time)
                yield found.st_size if stat.S_ISREG(found.st_mode) else 0


def discard(name: str, *, runs: Path) -> None:
    """Delete the folder of a search and whatever still runs of it; models that are elsewhere stay.

    Args:
        name: The Experiment's name.
        runs: The folder of all searches.

    Raises:
        InputError: An engine is working there, or the system refuses to delete it.
    """
    with open_folder(runs, name) as folder:
        end_orphans(folder, readable(folder).records)
        try:
            _empty(folder)
            folder.path.rmdir()
        except OSError as err:
            raise InputError(f"The search in {folder.path} could not be deleted: {err}.") from err
    logger.info("deleted %s", folder.path)


def _empty(folder: RunFolder) -> None:
    last = {"journal": 1, "lock": 2}
    for entry in sorted(_entries(folder.path), key=lambda each: last.get(each, 0)):
        path = folder.path / entry
        if path.is_dir() and not path.is_symlink():
            remove(path)
            if path.exists():
                raise OSError(f"{path} is still there; check its permissions")
        else:
            path.unlink()
