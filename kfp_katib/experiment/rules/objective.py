# SPDX-License-Identifier: Apache-2.0
"""The objective: metrics, direction, goal, and how a metric's many values become one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.rules.repeats import several
from kfp_katib.experiment.rules.rule import rule
from kfp_katib.experiment.rules.view import View, part

_PATH = "spec.objective"
_STRATEGIES = ("min", "max", "latest")
_LOW_IS_GOOD = re.compile(r"(^|[_\W])(loss|error|err|mse|mae|rmse|nll|perplexity)s?([_\W]|$)", re.IGNORECASE)
_HIGH_IS_GOOD = re.compile(r"(^|[_\W])(accuracy|acc|auc|f1|precision|recall|r2|iou)([_\W]|$)", re.IGNORECASE)


@rule("objective-missing", webhook=True)
def objective_missing(view: View) -> Iterator[Finding]:
    """There is no objective."""
    if "objective" not in view.spec:
        yield Finding(_PATH, "spec.objective is missing.", "Add it, with type and objectiveMetricName.")


@rule("objective-type-invalid", webhook=True)
def objective_type_invalid(view: View) -> Iterator[Finding]:
    """The objective's type is neither minimize nor maximize."""
    kind = view.objective.get("type", "")
    if "objective" in view.spec and kind not in ("minimize", "maximize"):
        yield Finding(f"{_PATH}.type", f"The type is '{kind}'.", "Write minimize or maximize.", kind)


@rule("objective-metric-missing", webhook=True)
def objective_metric_missing(view: View) -> Iterator[Finding]:
    """The objective names no metric."""
    if "objective" in view.spec and not view.objective.get("objectiveMetricName"):
        path = f"{_PATH}.objectiveMetricName"
        yield Finding(path, "The objective names no metric.", "Write the name that the trial prints.")


@rule("objective-among-additional", webhook=True)
def objective_among_additional(view: View) -> Iterator[Finding]:
    """The objective's metric stands among the additional ones as well."""
    name = view.objective.get("objectiveMetricName", "")
    if name and name in view.objective.get("additionalMetricNames", []):
        path = f"{_PATH}.additionalMetricNames"
        yield Finding(path, f"It holds the objective's metric '{name}'.", "Remove it there.", name)


@rule("additional-metric-repeated", severity="warning")
def additional_metric_repeated(view: View) -> Iterator[Finding]:
    """An additional metric is named twice."""
    names: list[str] = view.objective.get("additionalMetricNames", [])
    for name in several(names):
        yield Finding(f"{_PATH}.additionalMetricNames", f"'{name}' stands there twice.", "Remove one.", name)


@rule("strategy-invalid")
def strategy_invalid(view: View) -> Iterator[Finding]:
    """A metric strategy is unknown; Katib would find no value and no best trial."""
    for path, strategy in view.listed(f"{_PATH}.metricStrategies"):
        value = strategy.get("value", "")
        if value not in _STRATEGIES:
            yield Finding(f"{path}.value", f"The strategy is '{value}'.", "Write min, max or latest.", value)


@rule("strategy-repeated", severity="warning")
def strategy_repeated(view: View) -> Iterator[Finding]:
    """Two strategies for one metric; the first one counts."""
    given = part(view.given, "spec", "objective").get("metricStrategies", [])
    for name in several(strategy.get("name", "") for strategy in given):
        path = f"{_PATH}.metricStrategies"
        yield Finding(path, f"The metric '{name}' has several strategies.", "Keep one.", name)


@rule("strategy-without-metric", severity="warning")
def strategy_without_metric(view: View) -> Iterator[Finding]:
    """A strategy is for a metric that the Experiment does not collect."""
    for path, strategy in view.listed(f"{_PATH}.metricStrategies"):
        name = strategy.get("name", "")
        if view.metrics and name and name not in view.metrics:
            fix = "Add the metric to additionalMetricNames, or remove the strategy."
            yield Finding(f"{path}.name", f"'{name}' is not among the metrics.", fix, name)


@rule("goal-sign", severity="warning")
def goal_sign(view: View) -> Iterator[Finding]:
    """For a metric that is never negative, the goal is reached at once or never."""
    goal, kind = view.objective.get("goal"), view.objective.get("type")
    if goal is None:
        return
    if kind == "maximize" and goal <= 0:
        yield Finding(
            f"{_PATH}.goal", f"The goal is {goal}: any positive value reaches it.", "Check its sign.", goal
        )
    if kind == "minimize" and goal < 0:
        yield Finding(
            f"{_PATH}.goal", f"The goal is {goal}: no positive value reaches it.", "Check its sign.", goal
        )


@rule("direction-unusual", severity="warning")
def direction_unusual(view: View) -> Iterator[Finding]:
    """The metric's name says that the other direction is meant."""
    name, kind = view.objective.get("objectiveMetricName", ""), view.objective.get("type")
    usual = {"maximize": _LOW_IS_GOOD, "minimize": _HIGH_IS_GOOD}.get(str(kind))
    if usual and usual.search(name):
        other = "minimize" if kind == "maximize" else "maximize"
        yield Finding(f"{_PATH}.type", f"The search is to {kind} '{name}'.", f"Did you mean {other}?", kind)
