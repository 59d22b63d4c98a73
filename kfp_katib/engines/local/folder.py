# SPDX-License-Identifier: Apache-2.0
"""The folder of one search: `runs/<experiment>/`, used by one engine at a time.

journal       the state, an Optuna journal
<trial>/      one folder per trial: log, metrics/, exit
earlier/<n>/  searches that were put aside for a new one
bin/          `python` or `python3`, where the trials' PATH does not have the right one
lock          held by the engine that works here
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from kfp_katib.errors import InputError
from kfp_katib.experiment.argument_names import argument
from kfp_katib.experiment.choices import hint
from kfp_katib.trial.lock import Held, holder, take
from kfp_katib.trial.trial_folder import TrialFolder

_LOCK = "lock"
_EARLIER = "earlier"
_MOVED = ".was-no-folder"
_LISTED, _NEAR = 10, 3
"""So many searches are listed by their names; of more, the nearest ones are."""
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The files of one search; `path` is absolute."""

    path: Path

    @property
    def journal(self) -> Path:
        """The Optuna journal."""
        return self.path / "journal"

    @property
    def experiment(self) -> str:
        """The name of the Experiment whose search it is, also of one that was put aside."""
        aside = self.path.parent.name == _EARLIER and _NUMBER.fullmatch(self.path.name)
        return self.path.parent.parent.name if aside else self.path.name

    @property
    def earlier(self) -> int:
        """The number of the search that was put aside last, 0 if there is none; other names are ignored."""
        try:
            names = [entry.name for entry in os.scandir(self.path / _EARLIER)]
        except OSError:
            return 0
        return max((int(name) for name in names if _NUMBER.fullmatch(name)), default=0)

    def trial(self, name: str) -> TrialFolder:
        """One trial's folder."""
        return TrialFolder(self.path / name)

    def put_aside(self) -> None:
        """Move a search into `earlier/<n>/`, its journal first, so that no half-moved search is resumed.

        Raises:
            InputError: The system refuses to move it.
        """
        try:
            self._make_way()
            entries = [entry for entry in self.path.iterdir() if entry.name not in (_LOCK, _EARLIER)]
            aside = self._next_aside() if entries else self.path
            for entry in sorted(entries, key=lambda each: each.name != self.journal.name):
                entry.rename(aside / entry.name.removesuffix(_MOVED))
        except OSError as err:
            raise InputError(
                f"The search in {self.path} cannot be put aside: {err.strerror}: {err.filename}. Fix that, "
                f"or choose another folder for the runs ({argument('runs')})."
            ) from err

    def _make_way(self) -> None:
        """Rename anything called `earlier` that is not our folder, so that it is put aside with the rest."""
        earlier = self.path / _EARLIER
        if earlier.is_symlink() or (earlier.exists() and not earlier.is_dir()):
            earlier.rename(self.path / f"{_EARLIER}{_MOVED}")

    def _next_aside(self) -> Path:
        number = self.earlier + 1
        (self.path / _EARLIER).mkdir(exist_ok=True)
        while True:
            aside = self.path / _EARLIER / str(number)
            try:
                aside.mkdir()
            except FileExistsError:
                number += 1
            else:
                return aside

    @property
    def bin(self) -> Path:
        """Where `python` and `python3` are, if they are not on the trials' PATH already."""
        return self.path / "bin"


def names_in(runs: Path) -> tuple[str, ...]:
    """The names of all searches in a folder."""
    return tuple(path.parent.name for path in sorted(runs.glob("*/journal")))


def no_search(name: str, runs: Path) -> InputError:
    """The error for a search that is not in a folder; it names those that are."""
    known = names_in(runs)
    told = f". {hint(name, known)}" if known else ", nor any other."
    if len(known) > _LISTED:
        near = difflib.get_close_matches(name, known, n=_NEAR)
        told = f". Did you mean {' or '.join(map(repr, near))}?" if near else "."
        told += f" All {len(known)}: kfp-katib list --runs {runs}"
    said = f"There is no search '{name}' in {runs.absolute()}{told}"
    return InputError(f"{said} One in a cluster is experiment/{name}.")


@contextmanager
def open_folder(runs: Path, name: str) -> Iterator[RunFolder]:
    """Open the folder of an Experiment, and hold its lock until it is closed.

    If it was not there, and nothing was put there, it is not there afterwards.

    Args:
        runs: The folder of all searches.
        name: The Experiment's name.

    Raises:
        InputError: Another engine is working there, or nothing can be written there.
    """
    folder = RunFolder((runs / name).absolute())
    made = [each for each in (folder.path, *folder.path.parents) if not each.exists()]
    lock = _locked(lock_of(folder), name)
    while not _leads_to(lock_of(folder), lock):  # whoever had it before has taken the folder back
        os.close(lock)
        lock = _locked(lock_of(folder), name)
    try:
        yield folder
    finally:
        if made:
            _take_back(folder, made)
        os.close(lock)


def _leads_to(path: Path, descriptor: int) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(path.lstat(), os.fstat(descriptor))
    return False


def _take_back(folder: RunFolder, made: Iterable[Path]) -> None:
    """Remove folders that were made for a search, the innermost first, if nothing but its lock is there."""
    with suppress(OSError):
        if [*folder.path.iterdir()] == [lock_of(folder)]:
            lock_of(folder).unlink()
            for each in made:
                each.rmdir()


def _locked(path: Path, name: str) -> int:
    """Take the lock; returns its file descriptor."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return take(path)
    except Held as err:
        raise InputError(_taken(name, path.parent, str(err))) from err
    except OSError as err:
        raise InputError(
            f"The search cannot keep its files in {path.parent}: {err.strerror} "
            f"({err.filename or path}). Fix that, or choose another folder for the runs "
            f"({argument('runs')})."
        ) from err


def _taken(name: str, path: Path, owner: str) -> str:
    return (
        f"Experiment '{name}' is being run in {path} by another process (pid {owner}). "
        f"Follow it (kfp-katib watch {path}), stop it (kfp-katib cancel {path}), or choose another folder "
        f"for the runs ({argument('runs')})."
    )


def lock_of(folder: RunFolder) -> Path:
    """The file that the engine which works in a folder holds."""
    return folder.path / _LOCK


def owner(folder: RunFolder) -> int | None:
    """The process id of the engine that works in a folder, None if none does."""
    return holder(lock_of(folder))
