# SPDX-License-Identifier: Apache-2.0
"""How far a search is, reported after each change at a cost that does not grow with the trials."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kfp_katib.results.result import Result
from kfp_katib.results.trials import ACTIVE, FAILED, Trial, TrialState
from kfp_katib.results.values import objective_value

if TYPE_CHECKING:
    from kfp_katib.experiment.model import Experiment, Objective


@dataclass(frozen=True, slots=True)
class Progress:
    """What an engine hands to `on_update`.

    Attributes:
        experiment: What runs.
        changed: The trials whose state has changed since the last call; their `log_tail` is empty.
        completed: How many trials have completed, in Katib's count.
        running: How many run or wait.
        failed: How many failed.
        best: The best trial so far, None where no trial has a finite objective; its `log_tail` is empty.
        mean_seconds: How long the completed trials lasted on average, None where none did.
        earlier: How many trials had completed before this run began.
        notes: The engine's sentences for the user.
        result: Makes the Result as of the call, with every trial and the ends of the logs.
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
    """The counts of a search and its best trial, updated trial by trial."""

    objective: Objective
    best: Trial | None = None
    _best_key: tuple[float, int] = (math.inf, 0)
    _counts: Counter[str] = field(default_factory=Counter)
    _trials: dict[str, tuple[int, TrialState]] = field(default_factory=dict)
    _seconds: float = 0.0
    _timed: int = 0

    def take(self, trial: Trial) -> None:
        """Record a trial as it is now; a new trial comes after the known ones."""
        place, before = self._trials.get(trial.name, (len(self._trials), None))
        if before is not None:
            self._counts[before] -= 1
        self._counts[trial.state] += 1
        self._trials[trial.name] = place, trial.state
        if before in (None, *ACTIVE) and trial.completed and trial.seconds is not None:
            self._seconds, self._timed = self._seconds + trial.seconds, self._timed + 1
        value = objective_value(trial, self.objective)
        if value is None:
            return
        key = (value if self.objective.type == "minimize" else -value, place)
        if key < self._best_key:  # of two equals the one that was created earlier
            self.best, self._best_key = trial, key

    @property
    def completed(self) -> int:
        """How many trials have completed, in Katib's count."""
        return len(self._trials) - self.running

    @property
    def running(self) -> int:
        """How many run or wait."""
        return sum(self._counts[state] for state in ACTIVE)

    @property
    def failed(self) -> int:
        """How many failed, in Katib's count."""
        return sum(self._counts[state] for state in FAILED)

    def progress(
        self,
        experiment: Experiment,
        changed: tuple[Trial, ...],
        *,
        earlier: int,
        notes: tuple[str, ...],
        result: Callable[[], Result],
    ) -> Progress:
        """The Progress to report now."""
        counts = self.completed, self.running, self.failed
        mean = self._seconds / self._timed if self._timed else None
        return Progress(experiment, changed, *counts, self.best, mean, earlier, notes, result)


@dataclass(slots=True)
class Listener:
    """Tells whoever looks at somebody else's search what has changed since they were told last."""

    on_update: Callable[[Progress], None] | None
    score: Score
    _told: dict[str, str] = field(default_factory=dict)
    _earlier: int | None = None

    def is_news(self, name: str, state: str) -> bool:
        """Whether a trial has come to this state since it was asked about last."""
        before, self._told[name] = self._told.get(name), state
        return before != state

    def tell(self, changed: Sequence[Trial], experiment: Experiment, result: Callable[[], Result]) -> None:
        """Count the trials that have changed; those that had completed at first are not told one by one."""
        for each in changed:
            self.score.take(each)
        if self._earlier is None:
            self._earlier = self.score.completed
            changed = [each for each in changed if not each.completed]
        if self.on_update:
            self.on_update(
                self.score.progress(
                    experiment, tuple(changed), earlier=self._earlier, notes=(), result=result
                )
            )
