# SPDX-License-Identifier: Apache-2.0
"""The best trial by our rule, and the one that Katib's own rule would name.

Katib's rule can choose a trial whose metric is not a number (`updateTrialsSummary` in Katib's
`pkg/controller.v1beta1/experiment/util/status_util.go`, and katib#2723). So its choice is computed
beside ours, to say where they differ, and never trusted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from kfp_katib.results.model import UNAVAILABLE, Metric, Trial, TrialState

if TYPE_CHECKING:
    from kfp_katib.experiment.model import Objective, Strategy

# Katib reads a trial's metrics when its job succeeded or it was stopped early (`reconcileTrial` in
# `trial_controller.go`); of these, MetricsUnavailable does not compete by our rule.
_COMPETING: tuple[TrialState, ...] = ("Succeeded", "EarlyStopped")
_OBSERVED: tuple[TrialState, ...] = (*_COMPETING, "MetricsUnavailable")


def go_float(text: str) -> float:
    """A text as Go's `strconv.ParseFloat` reads it, which is how Katib reads metrics.

    Unlike Python's `float` it takes no blanks, no digits beyond ASCII and no signed NaN, and refuses a
    number that overflows. Hexadecimal floats, which Go takes, are refused.

    Raises:
        ValueError: Where Go returns an error.
    """
    value = float(text)
    stray = text.strip() != text or not text.isascii() or (math.isnan(value) and len(text) != len("nan"))
    overflow = math.isinf(value) and "inf" not in text.lower()
    if stray or overflow:
        raise ValueError(f"not a number to Katib: {text!r}")
    return value


def number(text: str) -> float | None:
    """A metric's text as a finite float, or None for NaN, infinity, `unavailable` and anything unparsable."""
    try:
        value = go_float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def objective_text(trial: Trial, objective: Objective) -> str:
    """A trial's text of the objective's metric, as by `metric_text`."""
    metric = trial.metrics.get(objective.metric, Metric())
    return metric_text(metric, objective.strategies[objective.metric])


def metric_text(metric: Metric, strategy: Strategy) -> str:
    """The text that counts by a metric strategy, the latest where min or max is unavailable.

    Source of the fallback: `getObjectiveMetricValue` in Katib's `status_util.go`.
    """
    text = {"min": metric.min, "max": metric.max, "latest": metric.latest}[strategy]
    return metric.latest if text == UNAVAILABLE else text


def objective_value(trial: Trial, objective: Objective) -> float | None:
    """The number that the search compares, None where the trial has none or did not complete with one."""
    return number(objective_text(trial, objective)) if trial.state in _COMPETING else None


def reaches_goal(value: float | None, objective: Objective) -> bool:
    """Whether a trial's number is at the objective's goal or beyond; never where there is no goal."""
    if value is None or objective.goal is None:
        return False
    return value <= objective.goal if objective.type == "minimize" else value >= objective.goal


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

    Follows `updateTrialsSummary` for trials listed in order of creation (Katib lists them from a cache,
    in any order): `unavailable` is passed over; a text that Go cannot parse makes its trial the best
    without changing the value to beat, which is 0 at first; every comparison with NaN is false.
    """
    best: Trial | None = None
    to_beat = 0.0
    for trial in trials:
        text = objective_text(trial, objective)
        if trial.state not in _OBSERVED or text == UNAVAILABLE:
            continue
        try:
            value = go_float(text)
        except ValueError:
            best = trial
            continue
        ahead = value < to_beat if objective.type == "minimize" else value > to_beat
        if best is None or ahead:
            best, to_beat = trial, value
    return best
