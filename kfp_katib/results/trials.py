# SPDX-License-Identifier: Apache-2.0
"""A trial, and the conditions of trials and Experiments: the same from both engines, in Katib's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from kfp_katib.results.brief import assigned, duration

TrialState = Literal[
    "Pending", "Running", "Succeeded", "Failed", "Killed", "EarlyStopped", "MetricsUnavailable"
]
ExperimentState = Literal["Created", "Running", "Restarting", "Succeeded", "Failed"]

FINAL: tuple[ExperimentState, ...] = ("Succeeded", "Failed")
"""The states of an Experiment that has its verdict."""

ACTIVE: tuple[TrialState, ...] = ("Pending", "Running")
"""The states of a trial that has not ended."""

FAILED: tuple[TrialState, ...] = ("Failed", "MetricsUnavailable")
"""The states that Katib counts against `maxFailedTrialCount`."""

EARLY_STOPPED = "TrialEarlyStopped"
"""The reason of a trial that was stopped early; of one that still runs, that it is being stopped."""

UNAVAILABLE = "unavailable"
"""What Katib writes where a metric has no usable value."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of one trial, as Katib's text; `unavailable` where there is no number.

    Katib leaves an empty text out of its JSON: a field that is absent there is `""` here.
    """

    min: str = UNAVAILABLE
    max: str = UNAVAILABLE
    latest: str = UNAVAILABLE


@dataclass(frozen=True, slots=True)
class Condition:
    """The state of an Experiment: type, reason and message of Katib's condition that says so."""

    state: ExperimentState
    reason: str = ""
    message: str = ""

    @property
    def final(self) -> bool:
        """Whether the Experiment has its verdict."""
        return self.state in FINAL


@dataclass(frozen=True, slots=True)
class TrialCondition:
    """The state of a trial in the same form, with the metrics read by then."""

    state: TrialState
    reason: str
    message: str
    metrics: Mapping[str, Metric] = field(default_factory=dict)


KILLED = TrialCondition("Killed", "TrialKilled", "The Experiment had its verdict while the trial still ran.")
"""The condition of a trial that is ended because nobody needs it any more."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One trial, with state and reason in Katib's words.

    `curve` holds what it reported of the objective on its way, as (number of the report, value), at most 200
    points in the order in which they came; only the local engine knows it. So it is with `python`, the
    interpreter behind `python` in its command where that is not the one of the caller's PATH, and with
    `checkpoint`, the folder that a trial of pbt has left.
    """

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
    curve: tuple[tuple[int, float], ...] = ()
    python: str = ""
    checkpoint: str = ""

    @property
    def completed(self) -> bool:
        """Whether the trial counts as completed in Katib's budget."""
        return self.state not in ACTIVE

    @property
    def failed(self) -> bool:
        """Whether Katib counts the trial as failed; a killed one does not count."""
        return self.state in FAILED

    @property
    def seconds(self) -> float | None:
        """How long the trial ran, None where it has not ended; 0 where the clock was set back meanwhile."""
        if self.started is None or self.ended is None:
            return None
        return max((self.ended - self.started).total_seconds(), 0.0)

    def __repr__(self) -> str:
        """`<Trial tune-k2x Succeeded: lr=0.01, loss=0.31, 12.3 s>`: metrics are the latest values."""
        latest = {name: metric.latest for name, metric in self.metrics.items()}
        took = "" if self.seconds is None else duration(self.seconds)
        told = ", ".join(filter(None, (assigned(self.parameters), assigned(latest), took)))
        return f"<Trial {self.name} {self.state}{': ' if told else ''}{told}>"


def elapsed(trials: Iterable[Trial]) -> float | None:
    """Seconds from the first start to the last end; None before a trial has ended, 0 as in `seconds`."""
    known = list(trials)
    started = [trial.started for trial in known if trial.started]
    ended = [trial.ended for trial in known if trial.ended]
    return max((max(ended) - min(started)).total_seconds(), 0.0) if started and ended else None


def trial_model_uri(models: str, experiment: str, trial: str) -> str:
    """The folder of a trial's model, `<models>/<experiment>/<trial>`; empty where there is no root."""
    return f"{models.rstrip('/')}/{experiment}/{trial}" if models else ""
