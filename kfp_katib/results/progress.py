# SPDX-License-Identifier: Apache-2.0
"""How far a search is: told after each change, at a cost that does not grow with the trials."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kfp_katib.results.best import objective_value
from kfp_katib.results.model import ACTIVE, Result, Trial, TrialState

if TYPE_CHECKING:
    from kfp_katib.experiment.model import Experiment, Objective


@dataclass(frozen=True, slots=True)
class Progress:
    """What an engine hands to `on_update`.

    Attributes:
        experiment: What runs.
        changed: The trials whose state has changed since the last call; their `log_tail` is empty.
        completed: How many trials have used up the budget.
        running: How many run or wait.
        failed: How many failed.
        best: The best trial so far, None where no trial has a finite objective; its `log_tail` is empty.
        mean_seconds: How long the completed trials lasted on average, None where none did.
        earlier: How many trials had completed before this run began.
        notes: The engine's sentences for the user.
        result: Makes the Result as it is when it is asked for, with every trial and the ends of the logs.
    """

    experiment: Experiment
    changed: tuple[Trial, ...]
    completed: int
    running: int
    failed: int
    best: Trial | None
    mean_seconds: float | None
    earlier: int
    notes: tuple[str, ...]
    result: Callable[[], Result]


@dataclass(slots=True)
class Score:
    """The counts of a search and its best trial, kept up as single trials change."""

    objective: Objective
    best: Trial | None = None
    _counts: Counter[str] = field(default_factory=Counter)
    _trials: dict[str, tuple[int, TrialState]] = field(default_factory=dict)
    _seconds: float = 0.0
    _timed: int = 0

    def take(self, trial: Trial) -> None:
        """Take a trial as it is now; a trial that is new comes after those that are known."""
        place, before = self._trials.get(trial.name, (len(self._trials), None))
        if before is not None:
            self._counts[before] -= 1
        self._counts[trial.state] += 1
        self._trials[trial.name] = place, trial.state
        if before in (None, *ACTIVE) and trial.completed and trial.seconds is not None:
            self._seconds, self._timed = self._seconds + trial.seconds, self._timed + 1
        if self._leads(trial):
            self.best = trial

    @property
    def completed(self) -> int:
        """How many trials have used up the budget."""
        return len(self._trials) - self.running

    @property
    def running(self) -> int:
        """How many run or wait."""
        return sum(self._counts[state] for state in ACTIVE)

    @property
    def failed(self) -> int:
        """How many failed, in Katib's count."""
        return self._counts["Failed"] + self._counts["MetricsUnavailable"]

    def progress(
        self,
        experiment: Experiment,
        changed: tuple[Trial, ...],
        *,
        earlier: int,
        notes: tuple[str, ...],
        result: Callable[[], Result],
    ) -> Progress:
        """What to tell by now."""
        counts = self.completed, self.running, self.failed
        mean = self._seconds / self._timed if self._timed else None
        return Progress(experiment, changed, *counts, self.best, mean, earlier, notes, result)

    def _leads(self, trial: Trial) -> bool:
        """Whether it is better than the best, or an equal one that was created earlier."""
        value = objective_value(trial, self.objective)
        to_beat = objective_value(self.best, self.objective) if self.best else None
        if value is None or self.best is None or to_beat is None:
            return value is not None
        if value == to_beat:
            return self._trials[trial.name][0] < self._trials[self.best.name][0]
        return value < to_beat if self.objective.type == "minimize" else value > to_beat
