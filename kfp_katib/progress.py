# SPDX-License-Identifier: Apache-2.0
"""How far a search is, for people: one live line on a terminal, a line for each trial elsewhere."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import fmean
from types import TracebackType
from typing import Self, TextIO

from kfp_katib.report.words import duration, figures, value_text
from kfp_katib.results import Result, Trial, TrialState, objective_value

_ERASE = "\r\x1b[K"


class Progress:
    """Writes what an engine reports; pass `update` as its `on_update`. Closing it ends the live line.

    Args:
        stream: Where to write, such as stderr.
        clock: Seconds that only grow.
        watched: Whether the search is only looked at: then what it had done before is no run of the user's.
    """

    def __init__(
        self, stream: TextIO, clock: Callable[[], float] = time.monotonic, *, watched: bool = False
    ) -> None:
        self._stream = stream
        self._watched = watched
        self._live = stream.isatty()
        self._clock = clock
        self._started = clock()
        self._since = datetime.now(UTC)
        self._known: dict[str, TrialState] = {}
        self._before: int | None = None  # trials that an earlier run had completed
        self.said: tuple[str, ...] = ()
        """The notes that it has shown."""
        self._open = False

    @property
    def moved(self) -> bool:
        """Whether there was any change to show."""
        return self._before is not None

    def __enter__(self) -> Self:
        """Open; nothing is written before the first change."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the live line."""
        if self._open:
            self._stream.write("\n")
            self._stream.flush()
            self._open = False

    def update(self, result: Result) -> None:
        """Show a change."""
        if self._before is None:
            self._begin(result)
        changed = [trial for trial in result.trials if self._known.get(trial.name) != trial.state]
        self._known.update({trial.name: trial.state for trial in changed})
        if self._live:
            self._rewrite(self._line(result))
        else:
            for trial in changed:
                self._stream.write(f"{trial_line(trial, result)}  ({self._line(result)})\n")
        self._stream.flush()

    def _begin(self, result: Result) -> None:
        """Before the first change: notes, and how far an earlier run had come, which is no change of ours."""
        self.said = result.notes
        for note in result.notes:
            self._stream.write(f"{note}\n")
        earlier = [trial for trial in result.trials if trial.ended and trial.ended < self._since]
        self._before = len(earlier)
        self._known = {trial.name: trial.state for trial in earlier}
        if earlier:
            count = f"{len(earlier)} trial{'s' * (len(earlier) != 1)}"
            head = "" if self._watched else "Going on where an earlier run stopped: "
            self._stream.write(f"{head}{count} had completed{' before' * self._watched}.\n")

    def _line(self, result: Result) -> str:
        elapsed = self._clock() - self._started
        return status_line(result, seconds=elapsed, before=self._before or 0)

    def _rewrite(self, line: str) -> None:
        width = shutil.get_terminal_size().columns
        self._stream.write(_ERASE + line[: width - 1])
        self._open = True


def status_line(result: Result, *, seconds: float, before: int = 0) -> str:
    """One line: how many trials are done, run and failed, the best so far, and the time left.

    Args:
        result: The Result so far.
        seconds: How long this run has taken.
        before: How many trials were completed before it began.
    """
    total = result.experiment.max_trial_count
    done = result.completed
    parts = [f"{done}/{total} trials" if total else f"{done} trials"]
    if running := result.count("Running", "Pending"):
        parts.append(f"{running} running")
    if failed := len(result.failures):
        parts.append(f"{failed} failed")
    if result.best:
        value = figures(value_text(result.best, result))
        parts.append(f"best {result.experiment.objective.metric}={value}")
    if total and done < total and (left := _left(result, total - done, seconds, done - before)):
        parts.append(f"{duration(max(round(left), 1))} left")
    return ", ".join(parts)


def _left(result: Result, trials: int, seconds: float, completed: int) -> float:
    """The seconds that so many trials may still take, 0 where nothing tells.

    By what was completed since this run began, but no less than by how long the trials took themselves: a run
    that takes over finds trials that are nearly done, and would promise the same of all others.
    """
    lasted = [trial.seconds for trial in result.trials if trial.completed and trial.seconds is not None]
    at_once = min(result.experiment.parallel_trial_count, trials)
    by_trials = trials * fmean(lasted) / at_once if lasted else 0.0
    return max(by_trials, trials * seconds / completed if completed > 0 else 0.0)


def trial_line(trial: Trial, result: Result) -> str:
    """One line about one trial, such as `trial mnist-7f Succeeded loss=0.3 in 12 s`."""
    objective = result.experiment.objective
    value = ""
    if trial.state == "Succeeded" or objective_value(trial, objective) is not None:
        value = f" {objective.metric}={figures(value_text(trial, result))}"
    code = f" exit code {trial.exit_code}" if trial.exit_code else ""
    took = f" in {duration(trial.seconds)}" if trial.seconds is not None else ""
    return f"trial {trial.name} {trial.state}{value}{code}{took}"
