# SPDX-License-Identifier: Apache-2.0
"""The values that Katib's texts stand for: those of metrics and of assignments."""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from kfp_katib.results.trials import UNAVAILABLE, Metric, Trial, TrialState

if TYPE_CHECKING:
    from kfp_katib.experiment.model import Objective, Parameter, Strategy

Value = int | float | str

# Katib reads a trial's metrics when its job succeeded or it was stopped early (`reconcileTrial` in
# `trial_controller.go`); of these, MetricsUnavailable does not compete by our rule.
_COMPETING: tuple[TrialState, ...] = ("Succeeded", "EarlyStopped")
OBSERVED: tuple[TrialState, ...] = (*_COMPETING, "MetricsUnavailable")


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


def metric_text(metric: Metric, strategy: Strategy) -> str:
    """The text that counts by a metric strategy, the latest where min or max is unavailable.

    Source of the fallback: `getObjectiveMetricValue` in Katib's `status_util.go`.
    """
    text = {"min": metric.min, "max": metric.max, "latest": metric.latest}[strategy]
    return metric.latest if text == UNAVAILABLE else text


def objective_text(trial: Trial, objective: Objective) -> str:
    """A trial's text for the objective's metric, chosen as in `metric_text`."""
    metric = trial.metrics.get(objective.metric, Metric())
    return metric_text(metric, objective.strategies[objective.metric])


def objective_value(trial: Trial, objective: Objective) -> float | None:
    """The number that the search compares, None where the trial has none or did not complete with one."""
    return metric_value(trial, objective.metric, objective)


def metric_value(trial: Trial, name: str, objective: Objective) -> float | None:
    """The same of any of the objective's metrics, by its own strategy."""
    metric = trial.metrics.get(name)
    if metric is None or trial.state not in _COMPETING:
        return None
    return number(metric_text(metric, objective.strategies[name]))


def compared(trial: Trial, objective: Objective) -> float | str | None:
    """What the search compares: a finite number, or a text where texts are values; None without either."""
    value, text = objective_value(trial, objective), objective_text(trial, objective)
    counts = objective.texts and trial.state in _COMPETING and is_text(text)
    return text if value is None and counts else value


def is_text(text: str) -> bool:
    """Whether a metric's text is one to Katib as well, to which NaN and infinity are numbers."""
    try:
        go_float(text)
    except ValueError:
        return text not in ("", UNAVAILABLE)
    return False


def place_among(trial: Trial, objective: Objective, number: int) -> tuple[float, int] | None:
    """What orders the trials that have something to compare, the smaller the better; None for another.

    Numbers come by their value, the earlier trial first of two equals. A text comes before any number, the
    latest trial's first, as `updateTrialsSummary` in Katib's `status_util.go` has it.

    Args:
        trial: The trial.
        objective: The objective.
        number: The trial's place in the order of creation.
    """
    value = compared(trial, objective)
    if isinstance(value, str):
        return -math.inf, -number
    return None if value is None else (minimized(value, objective), number)


def minimized(value: float, objective: Objective) -> float:
    """The value as one to be minimized: the better of two is the smaller. Twice, it is itself again."""
    return value if objective.type == "minimize" else -value


def reaches_goal(value: float | None, objective: Objective) -> bool:
    """Whether a value reaches the objective's goal; False where there is no goal."""
    if value is None or objective.goal is None:
        return False
    return value <= objective.goal if objective.type == "minimize" else value >= objective.goal


def assignments(trial: Trial, parameters: Iterable[Parameter]) -> dict[str, Value]:
    """The trial's hyperparameters with the types of their feasible spaces."""
    known = {parameter.name: parameter for parameter in parameters}
    return {name: typed(text, known.get(name)) for name, text in trial.parameters.items()}


def typed(text: str, parameter: Parameter | None) -> Value:
    """The number that an assignment stands for: whole where it can be, unless the parameter is a double.

    A category stays text even where it looks like a number. What the manifest does not declare, such as
    another Experiment's parameter, is read as one of a discrete list.
    """
    kind = parameter.type if parameter else "discrete"
    value = None if kind == "categorical" else number(text)
    if value is None:
        return text
    return int(Decimal(text)) if kind != "double" and value.is_integer() else value
