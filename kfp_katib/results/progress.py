# SPDX-License-Identifier: Apache-2.0
"""How far a search is, reported after each change at a cost that does not grow with the trials."""

from __future__ import annotations

import math
from bisect import insort
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kfp_katib.results.brief import short, tallied
from kfp_katib.results.result import Result
from kfp_katib.results.trials import ACTIVE, FAILED, Trial, TrialState
from kfp_katib.results.values import objective_text, place_among

if TYPE_CHECKING:
    from kfp_katib.experiment.model import Experiment, Objective


@dataclass(frozen=True, slots=True)
class Reports:
    """What a running trial has reported last.

    Attributes:
        metrics: Each metric's last text, as the trial wrote it; it need not be a number.
        step: How often the objective's metric was reported.
    """

    metrics: Mapping[str, str] = field(default_factory=dict)
    step: int = 0


@dataclass(frozen=True, slots=True)
class Active:
    """A trial that has not ended, and what it has reported; an engine that cannot know leaves that empty."""

    trial: Trial
    reports: Reports = Reports()


@dataclass(frozen=True, slots=True)
class Progress:
    """What an engine hands to `on_update`.

    Attributes:
        experiment: What runs.
        changed: The trials whose state has changed since the last call; their `log_tail` is empty.
        completed: How many trials have completed, in Katib's count.
        running: How many run.
        waiting: How many wait to run: until others have ended, or for a place in the cluster.
        failed: How many failed.
        best: The best trial so far, None where no trial has a finite objective; its `log_tail` is empty.
        median_seconds: The median of how long trials lasted that completed without a failure; None where none
            did. Failed ones end at any time, mostly soon.
        earlier: How many trials had completed before this run began.
        notes: The engine's sentences for the user.
        result: Makes the Result as of the call, with every trial and the ends of the logs.
        active: Gives the trials that run or wait as of the call, oldest first, with their last reports; any
            thread may ask, at any time.
    """

    experiment: Experiment
    changed: tuple[Trial, ...]
    completed: int
    running: int
    waiting: int
    failed: int
    best: Trial | None
    median_seconds: float | None
    earlier: int
    notes: tuple[str, ...]
    result: Callable[[], Result]
    active: Callable[[], tuple[Active, ...]]

    def __repr__(self) -> str:
        """`<Progress tune: 3/12 trials, 2 running, 1 failed, best loss 0.31>`."""
        total = self.experiment.max_trial_count
        parts = [f"{self.completed}{f'/{total}' if total else ''} trials"]
        parts += tallied(running=self.running, waiting=self.waiting, failed=self.failed)
        if self.best:
            objective = self.experiment.objective
            parts.append(f"best {objective.metric} {short(objective_text(self.best, objective))}")
        return f"<Progress {self.experiment.name}: {', '.join(parts)}>"


@dataclass(slots=True)
class Score:
    """The counts of a search and its best trial, updated trial by trial."""

    objective: Objective
    best: Trial | None = None
    _best_key: tuple[float, int] = (math.inf, 0)
    _counts: Counter[str] = field(default_factory=Counter)
    _trials: dict[str, tuple[int, TrialState]] = field(default_factory=dict)
    _active: dict[str, Trial] = field(default_factory=dict)
    _seconds: list[float] = field(default_factory=list)

    def take(self, trial: Trial) -> None:
        """Record a trial as it is now; a new trial comes after the known ones."""
        place, before = self._trials.get(trial.name, (len(self._trials), None))
        if before is not None:
            self._counts[before] -= 1
        self._counts[trial.state] += 1
        self._trials[trial.name] = place, trial.state
        self._follow(trial, before)
        key = place_among(trial, self.objective, place)
        if key and key < self._best_key:
            self.best, self._best_key = trial, key

    def _follow(self, trial: Trial, before: TrialState | None) -> None:
        """Keep a trial for as long as it is active, then the time that it took."""
        if not trial.completed:
            self._active[trial.name] = trial
            return
        self._active.pop(trial.name, None)
        at_its_end = before in (None, *ACTIVE) and not trial.failed and trial.state != "Killed"
        if at_its_end and trial.seconds is not None:
            insort(self._seconds, trial.seconds)

    @property
    def completed(self) -> int:
        """How many trials have completed, in Katib's count."""
        return len(self._trials) - self.running - self.waiting

    @property
    def running(self) -> int:
        """How many run."""
        return self._counts["Running"]

    @property
    def waiting(self) -> int:
        """How many wait to run."""
        return self._counts["Pending"]

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
        reports: Callable[[], Mapping[str, Reports]] = dict,
    ) -> Progress:
        """The Progress to report now; `reports` gives what running trials have reported, by their names."""

        def active() -> tuple[Active, ...]:
            told = reports()
            return tuple(Active(each, told.get(each.name, Reports())) for each in list(self._active.values()))

        counts = self.completed, self.running, self.waiting, self.failed
        return Progress(
            experiment, changed, *counts, self.best, self._median(), earlier, notes, result, active
        )

    def _median(self) -> float | None:
        count = len(self._seconds)
        return (self._seconds[(count - 1) // 2] + self._seconds[count // 2]) / 2 if count else None


@dataclass(slots=True)
class Listener:
    """Tells whoever looks at somebody else's search what has changed since they were told last."""

    on_update: Callable[[Progress], None] | None
    score: Score
    reports: Callable[[], Mapping[str, Reports]] = dict
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
                    experiment,
                    tuple(changed),
                    earlier=self._earlier,
                    notes=(),
                    result=result,
                    reports=self.reports,
                )
            )
