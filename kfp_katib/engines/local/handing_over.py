# SPDX-License-Identifier: Apache-2.0
"""Checkpoint folders of population based training: each trial begins from a copy of its parent's.

The parent has ended, so a trial that was killed begins again from the same bytes. A folder is deleted once no
trial can still copy it. Copying takes place in a thread of its own, while the trial waits for its word: the
search goes on meanwhile, and Ctrl-C ends both.
"""

from __future__ import annotations

import errno
import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from kfp_katib.engines.local.folder import RunFolder
from kfp_katib.engines.local.journal import Journal
from kfp_katib.engines.local.search.suggestions import Suggestions
from kfp_katib.errors import Unfinished
from kfp_katib.experiment.model import Experiment
from kfp_katib.experiment.rules.injected import SUGGESTION_FOLDER
from kfp_katib.results import TrialCondition
from kfp_katib.trial.command_line import MetricsPlace, checkpoint_paths
from kfp_katib.trial.excerpt import shown
from kfp_katib.trial.folder_copy import copy_folder
from kfp_katib.trial.outcome import failed
from kfp_katib.trial.plain_file import make_folder, remove
from kfp_katib.trial.template import Container
from kfp_katib.trial.trial_folder import TrialFolder

logger = logging.getLogger(__name__)

SLOW_SECONDS = 10.0
"""A copy that takes longer is said."""
_OF_THIS_MACHINE = (
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS),
    *(errno.EMFILE, errno.ENFILE, errno.ENOMEM),
)
"""What somebody can mend, after which the search goes on; anything else is the fault of what is copied."""


def unseen(experiment: Experiment, box: Container) -> str:
    """A note for a command that never names its checkpoint folder; empty if it does."""
    paths = checkpoint_paths(experiment)
    words = (*box.command, *box.args, *box.env.values())
    if not paths or any(path in word for path in paths for word in words):
        return ""
    return (
        f"{SUGGESTION_FOLDER} {paths[0]!r} is named in neither command, args nor env: a script that has that "
        "path written in does not find its checkpoint here. Pass it as an argument."
    )


def with_checkpoint(place: MetricsPlace, paths: tuple[str, ...], files: TrialFolder) -> MetricsPlace:
    """The paths that are replaced in a trial's command, with those of its checkpoint folder."""
    return replace(place, mapped={**place.mapped, **dict.fromkeys(paths, files.checkpoint)})


class Checkpoints:
    """The checkpoint folders of one search.

    Args:
        experiment: What runs.
        folder: Where it runs.
        suggestions: Its open study.
    """

    def __init__(self, experiment: Experiment, folder: RunFolder, suggestions: Suggestions) -> None:
        self._there = checkpoint_paths(experiment)
        self._folder = folder
        self._suggestions = suggestions
        self._kept = set(_with_checkpoint(folder, suggestions.journal)) if self._there else set()

    def placed(self, place: MetricsPlace, files: TrialFolder) -> MetricsPlace:
        """The paths that are replaced in a trial's command, with that of its checkpoint folder."""
        return with_checkpoint(place, self._there, files)

    def make(self, number: int, files: TrialFolder) -> None:
        """Make a trial's folder, empty so far, and delete those that nobody can copy any more.

        Raises:
            OSError: The system refused it.
        """
        if (needed := self._suggestions.copyable()) is None:
            return
        for each in self._kept - needed:
            remove(self._of(each).checkpoint)
        self._kept = (self._kept & needed) | {number}
        make_folder(files.checkpoint)

    def parent(self, number: int) -> TrialFolder | None:
        """The trial whose checkpoint another one begins from; None if it begins without one."""
        if not self._there:
            return None
        parent = self._suggestions.journal.trials[number].note.get("parent")
        return None if parent is None else self._of(parent)

    def _of(self, number: int) -> TrialFolder:
        return self._folder.trial(self._suggestions.journal.records[number].name)


def _with_checkpoint(folder: RunFolder, journal: Journal) -> dict[int, Path]:
    """The checkpoints that are there, whatever a trial has made of them, by the trials' numbers."""
    named = {each.number: folder.trial(each.name).checkpoint for each in journal.records if each.name}
    return {number: path for number, path in named.items() if os.path.lexists(path)}


def remove_checkpoints(folder: RunFolder, journal: Journal) -> None:
    """Delete the checkpoints of a search that does not go on."""
    for checkpoint in _with_checkpoint(folder, journal).values():
        remove(checkpoint)


class _Stopped(Exception):
    """The copy is no longer wanted."""


class Handover:
    """A copy under way, after which a trial begins.

    Args:
        parent: Whose checkpoint is copied.
        child: The trial that begins from it.
        begin: Lets the trial begin.
        give_up: Ends it, where the copy failed.
    """

    def __init__(
        self,
        parent: TrialFolder,
        child: TrialFolder,
        *,
        begin: Callable[[], None],
        give_up: Callable[[], None],
    ) -> None:
        self._parent = parent
        self._child = child
        self._begin = begin
        self._give_up = give_up
        self._error: OSError | None = None
        self._wanted = True
        self._bytes = 0
        self._says_at = time.monotonic() + SLOW_SECONDS
        self._thread = threading.Thread(target=self._copy, name="kfp-katib checkpoint", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop copying; what was not done stays a part."""
        self._wanted = False
        self._thread.join()

    def failure(self) -> TrialCondition | None:
        """The outcome of the trial, which has ended, if its parent's checkpoint cannot be read.

        Raises:
            Unfinished: The disk is full, or whatever else is no fault of the checkpoint's.
        """
        if (err := self._error) is None:
            return None
        parent, child = self._parent.path.name, self._child.path.name
        if err.errno in _OF_THIS_MACHINE:
            raise Unfinished(
                f"The checkpoint of trial '{parent}' could not be copied for trial '{child}': {err.strerror} "
                f"({err.filename or self._child.checkpoint}). Mend that, and run it again to go on."
            )
        where = shown(str(err.filename or self._parent.checkpoint).removeprefix(f"{self._parent.path}/"))
        return failed(
            f"The checkpoint of trial {parent} could not be copied for it: {where}: {err.strerror}."
        )

    def _copy(self) -> None:
        try:
            copy_folder(self._parent.checkpoint, self._child.checkpoint, self._copied)
        except _Stopped:
            return
        except Exception as err:  # whatever it is, the trial must not wait for ever
            self._error = err if isinstance(err, OSError) else OSError(0, f"{type(err).__name__}: {err}")
            self._give_up()
        else:
            self._begin()

    def _copied(self, size: int) -> None:
        if not self._wanted:
            raise _Stopped
        self._bytes += size
        if time.monotonic() > self._says_at:
            self._says_at = float("inf")
            text = "trial %s waits for the checkpoint of %s to be copied (%.1f GB so far)"
            logger.info(text, self._child.path.name, self._parent.path.name, self._bytes / 1e9)
