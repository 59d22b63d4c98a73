# SPDX-License-Identifier: Apache-2.0
"""The folder of one search: `runs/<experiment>/`, used by one engine at a time.

journal       the state, an Optuna journal
<trial>/      one folder per trial: log, metrics/, exit
earlier/<n>/  searches that were started anew since
bin/          `python` and `python3`, where the interpreter's own folder does not have both
lock          held by the engine that works here
"""

from __future__ import annotations

import fcntl
import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from kfp_katib.errors import InputError
from kfp_katib.local.trial import TrialFolder

_LOCK = "lock"
_EARLIER = "earlier"


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Where one search keeps its files; `path` is absolute."""

    path: Path

    @property
    def journal(self) -> Path:
        """The Optuna journal."""
        return self.path / "journal"

    @property
    def earlier(self) -> int:
        """How many searches were put aside here."""
        return sum(1 for _ in (self.path / _EARLIER).glob("*"))

    def trial(self, name: str) -> TrialFolder:
        """One trial's folder."""
        return TrialFolder(self.path / name)

    def put_aside(self) -> None:
        """Move a search into `earlier/<n>/`, its journal first: half of it must not pass for a search."""
        entries = [entry for entry in self.path.iterdir() if entry.name not in (_LOCK, _EARLIER)]
        if not entries:
            return
        aside = self.path / _EARLIER / str(self.earlier + 1)
        aside.mkdir(parents=True)
        for entry in sorted(entries, key=lambda each: each.name != self.journal.name):
            entry.rename(aside / entry.name)

    def python_path(self) -> Path:
        """A folder in which `python` and `python3` are the interpreter that runs us."""
        own = Path(sys.executable).parent
        if all(_is_ours(own / name) for name in _PYTHONS):
            return own
        shims = self.path / "bin"
        shims.mkdir(exist_ok=True)
        for name in _PYTHONS:
            (shims / name).write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
            (shims / name).chmod(0o755)
        return shims


_PYTHONS = ("python", "python3")


def _is_ours(path: Path) -> bool:
    return path.exists() and path.samefile(sys.executable)


@contextmanager
def open_folder(runs: Path, name: str) -> Iterator[RunFolder]:
    """The folder of an Experiment, locked until it is closed.

    Args:
        runs: The folder of all searches.
        name: The Experiment's name.

    Raises:
        InputError: Another engine works there, or nothing can be written there.
    """
    folder = RunFolder((runs / name).absolute())
    with _opened(folder.path / _LOCK) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as err:
            raise InputError(_taken(name, folder.path, lock.fileno())) from err
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield folder


def _opened(lock: Path) -> TextIO:
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        return lock.open("a+")
    except OSError as err:
        raise InputError(
            f"The search cannot keep its files in {lock.parent}: {err.strerror}. "
            "Choose another folder for the runs (--runs)."
        ) from err


def _taken(name: str, path: Path, lock: int) -> str:
    owner = os.pread(lock, 20, 0).decode() or "unknown"
    return (
        f"Experiment '{name}' is being run in {path} by another process (pid {owner}). "
        "Wait for it, stop it, or choose another folder for the runs."
    )
