# SPDX-License-Identifier: Apache-2.0
"""A search's progress for people: one live line on a terminal, a line for each trial elsewhere."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable
from typing import Self, TextIO

from kfp_katib.report.words import duration, figures, value_text
from kfp_katib.results import Progress, Trial, objective_value

_ERASE = "\r\x1b[K"


class Display:
    """Writes what an engine reports; pass `update` as its `on_update`. Closing it ends the live line.

    Args:
        stream: Where to write, such as stderr.
        clock: A monotonic clock, in seconds.
        watched: Whether the search is only watched: earlier trials are then not called an earlier run.
    """

    def __init__(
        self, stream: TextIO, clock: Callable[[], float] = time.monotonic, *, watched: bool = False
    ) -> None:
        self._stream = stream
        self._watched = watched
        self._live = stream.isatty()
        self._clock = clock
        self._started = clock()
        self._open = False
        self.moved = False
        """Whether there was any change to show."""
        self.said: tuple[str, ...] = ()
        """The notes that it has shown."""

    def __enter__(self) -> Self:
        """Open; nothing is written before the first change."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the live line."""
        if self._open:
            with contextlib.suppress(OSError):
                self._stream.write("\n")
                self._stream.flush()
            self._open = False

    def update(self, progress: Progress) -> None:
        """Show a change. A closed terminal, or a pipe that nobody reads, does not end the search."""
        begins, self.moved = not self.moved, True
        with contextlib.suppress(OSError):
            self._say(progress.notes)
            if begins:
                self._begin(progress)
            if self._live:
                self._rewrite(self._line(progress))
            else:
                for trial in progress.changed:
                    self._stream.write(f"{trial_line(trial, progress)}  ({self._line(progress)})\n")
            self._stream.flush()

    def _begin(self, progress: Progress) -> None:
        """Before the first change, write how far an earlier run got."""
        if earlier := progress.earlier:
            count = f"{earlier} trial{'s' * (earlier != 1)}"
            head = "" if self._watched else "Resuming where an earlier run stopped: "
            self._stream.write(f"{head}{count} had completed{' before' * self._watched}.\n")

    def _say(self, notes: tuple[str, ...]) -> None:
        """Write the notes that are new."""
        new = [note for note in notes if note not in self.said]
        if new and self._open:
            self._stream.write(_ERASE)
        for note in new:
            self._stream.write(f"{note}\n")
        self.said += tuple(new)

    def _line(self, progress: Progress) -> str:
        return status_line(progress, seconds=self._clock() - self._started)

    def _rewrite(self, line: str) -> None:
        width = shutil.get_terminal_size().columns
        self._stream.write(_ERASE + line[: width - 1])
        self._open = True


def status_line(progress: Progress, *, seconds: float) -> str:
    """One line: how many trials are done, running and failed, the best so far, and the time left.

    Args:
        progress: How far the search is.
        seconds: How long this run has taken; trials that completed before it do not count.
    """
    total, done = progress.experiment.max_trial_count, progress.completed
    parts = [f"{done}/{total} trials" if total else f"{done} trials"]
    if progress.running:
        parts.append(f"{progress.running} running")
    if progress.failed:
        parts.append(f"{progress.failed} failed")
    if progress.best:
        value = figures(value_text(progress.best, progress))
        parts.append(f"best {progress.experiment.objective.metric}={value}")
    if total and done < total and (left := _left(progress, total - done, seconds)):
        parts.append(f"{duration(max(round(left), 1))} left")
    return ", ".join(parts)


def _left(progress: Progress, trials: int, seconds: float) -> float:
    """How many seconds these trials may still take, 0 if nothing is known.

    Estimated from the rate since this run began, but never less than the trials' own mean duration allows: a
    resumed run finds trials that are nearly done, and would expect the same of all others.
    """
    at_once = min(progress.experiment.parallel_trial_count, trials)
    by_trials = trials * progress.mean_seconds / at_once if progress.mean_seconds else 0.0
    done = progress.completed - progress.earlier
    return max(by_trials, trials * seconds / done if done > 0 else 0.0)


def trial_line(trial: Trial, progress: Progress) -> str:
    """One line about one trial, such as `trial mnist-7f Succeeded loss=0.3 in 12 s`."""
    objective = progress.experiment.objective
    value = ""
    if trial.state == "Succeeded" or objective_value(trial, objective) is not None:
        value = f" {objective.metric}={figures(value_text(trial, progress))}"
    code = f" exit code {trial.exit_code}" if trial.exit_code else ""
    took = f" in {duration(trial.seconds)}" if trial.seconds is not None else ""
    return f"trial {trial.name} {trial.state}{value}{code}{took}"
