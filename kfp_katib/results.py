# SPDX-License-Identifier: Apache-2.0
"""What a search leaves behind: trials, the best of them, and the verdict.

Both engines return these types, and both choose the best trial by the one rule here. Katib's own rule
can name a trial whose metric is not a number (reference: `status_util.go` of Katib, and katib#2723), so
its choice is kept beside ours and never trusted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from kfp_katib.experiment import Experiment, Objective

TrialState = Literal[
    "Pending", "Running", "Succeeded", "Failed", "Killed", "EarlyStopped", "MetricsUnavailable"
]
ExperimentState = Literal["Created", "Running", "Restarting", "Succeeded", "Failed"]

UNAVAILABLE = "unavailable"
"""What Katib writes where a metric has no usable value."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of one trial, as Katib's text; `unavailable` where there is no number."""

    min: str = UNAVAILABLE
    max: str = UNAVAILABLE
    latest: str = UNAVAILABLE


@dataclass(frozen=True, slots=True)
class Trial:
    """One trial, with state and reason in Katib's words."""

    name: str
    parameters: Mapping[str, str]
    state: TrialState
    reason: str = ""
    message: str = ""
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    started: datetime | None = None
    ended: datetime | None = None
    exit_code: int | None = None
    log_tail: str = ""
    model_uri: str = ""

    @property
    def completed(self) -> bool:
        """Whether the trial counts as completed in Katib's budget."""
        return self.state not in ("Pending", "Running")


@dataclass(frozen=True, slots=True)
class Result:
    """The verdict on one Experiment.

    Attributes:
        experiment: What ran, after placeholders and overrides.
        state: Katib's condition type.
        reason: Katib's reason of that condition.
        message: Katib's message of that condition.
        trials: Every trial, in order of creation.
        best: The best trial by our rule; None where no trial has a finite objective.
        katib_best: The name of the trial that Katib's own rule would choose, empty where none.
        notes: Sentences that a user should read, among them where the two rules differ.
    """

    experiment: Experiment
    state: ExperimentState
    reason: str
    message: str
    trials: tuple[Trial, ...]
    best: Trial | None = None
    katib_best: str = ""
    notes: tuple[str, ...] = ()

    @property
    def succeeded(self) -> bool:
        """Whether the Experiment succeeded and a trial with a finite objective exists."""
        return self.state == "Succeeded" and self.best is not None

    def count(self, *states: TrialState) -> int:
        """How many trials are in one of the states."""
        return sum(trial.state in states for trial in self.trials)


def number(text: str) -> float | None:
    """A metric's text as a finite float, or None for NaN, infinity, `unavailable` and anything unparsable."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def objective_text(trial: Trial, objective: Objective) -> str:
    """The objective's text by its metric strategy, the latest where min or max is unavailable.

    Source of the fallback: `getObjectiveMetricValue` in Katib's `status_util.go`.
    """
    metric = trial.metrics.get(objective.metric, Metric())
    strategy = objective.strategies[objective.metric]
    text = {"min": metric.min, "max": metric.max, "latest": metric.latest}[strategy]
    return metric.latest if text == UNAVAILABLE else text


def objective_value(trial: Trial, objective: Objective) -> float | None:
    """The number that the search compares, None where the trial has none or did not complete with one."""
    if trial.state not in ("Succeeded", "EarlyStopped"):
        return None
    return number(objective_text(trial, objective))


def ranked(trials: Iterable[Trial], objective: Objective) -> list[Trial]:
    """The trials that have a finite objective, best first, ties in order of creation."""
    valued = [(value, trial) for trial in trials if (value := objective_value(trial, objective)) is not None]
    sign = 1.0 if objective.type == "minimize" else -1.0
    return [trial for _, trial in sorted(valued, key=lambda pair: sign * pair[0])]


def best_trial(trials: Iterable[Trial], objective: Objective) -> Trial | None:
    """The trial with the best finite objective; the earlier one of two equals."""
    return next(iter(ranked(trials, objective)), None)


def katib_best_trial(trials: Sequence[Trial], objective: Objective) -> Trial | None:
    """The trial that Katib's controller would name, its surprises with text that is no number included.

    Follows the loop of `updateTrialsSummary` in Katib's `status_util.go`, for trials listed by creation:
    a text that Go cannot parse makes its trial the best without changing the value to beat (0 at first),
    and every comparison with NaN is false.
    """
    better = (lambda new, old: new < old) if objective.type == "minimize" else (lambda new, old: new > old)
    best: Trial | None = None
    best_value = 0.0
    for trial in trials:
        if trial.state not in ("Succeeded", "EarlyStopped") or not trial.metrics:
            continue
        try:
            value = float(objective_text(trial, objective))
        except ValueError:
            best = trial
            continue
        if best is None or better(value, best_value):
            best, best_value = trial, value
    return best
