# SPDX-License-Identifier: Apache-2.0
"""Does the search space suit the algorithm? Katib finds out when it asks for suggestions, or never says.

Each rule names what one suggestion service of Katib 0.19 does with a space that Katib's webhook lets pass.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.rules.feasible_space import (
    Range,
    arange,
    integer,
    lists,
    number,
    numbers,
    of_range,
    ranges,
)
from kfp_katib.experiment.rules.rule import error, rule, warning
from kfp_katib.experiment.rules.services import GOPTUNA, HYPEROPT, OPTUNA, SKOPT
from kfp_katib.experiment.rules.view import View

_LOGARITHMIC = ("logUniform", "logNormal")
_BELL = ("normal", "logNormal")
_LARGEST_GRID = 1_000_000
_COUNTABLE = 10**15


def _off_the_steps(it: Range) -> bool:
    steps = it.low / (it.width or math.nan)
    return it.distribution == "uniform" and math.isfinite(steps) and abs(steps - round(steps)) > 1e-9


# fmt: off
ROWS = (
    of_range(error("log-min-not-positive",
        "A logarithmic parameter starts at zero or below; random and tpe then suggest nothing, for ever."),
        "min", lambda it: it.distribution in _LOGARITHMIC and it.low <= 0,
        "min is {it.min} with distribution {it.distribution}.", "Give a positive min.", HYPEROPT),
    of_range(warning("log-min-raised",
        "Optuna's service raises a logarithmic min that is too low: to 1 for an int, 1e-10 for a double."),
        "min", lambda it: it.distribution == "logUniform" and it.low < it.least,
        "min is {it.min}; {algorithm} starts at {it.least:g}.", "Write the min that you mean.", OPTUNA),
    of_range(error("distribution-unsupported",
        "Optuna's service leaves out a parameter with a normal distribution; no trial can then start."),
        "distribution", lambda it: it.distribution in _BELL,
        "{algorithm} cannot sample the distribution {it.distribution}.",
        "Use uniform or logUniform, or the algorithm random or tpe.", OPTUNA),
    of_range(warning("always-logarithmic",
        "`bayesianoptimization` samples every double on a logarithmic scale, whatever its distribution.",
        "katib"),
        "", lambda it: it.distribution == "uniform", "'{it.name}' will be sampled logarithmically.",
        "Write distribution: logUniform if that suits, else use tpe.", SKOPT, "double"),
    of_range(error("skopt-min-not-positive",
        "`bayesianoptimization` takes logarithms of every double; from zero or below it never suggests any."),
        "min", lambda it: it.low <= 0, "min is {it.min}.", "Give a positive min, or use tpe.", SKOPT,
        "double"),
    of_range(error("skopt-range-empty", "`bayesianoptimization` refuses a parameter whose min is its max."),
        "", lambda it: it.low == it.high, "min and max are both {it.min}.", "Widen the range.", SKOPT),
    of_range(warning("step-leaves-range",
        "`random` and tpe round to multiples of the step, not to min plus steps: values can leave the "
        "range.", "katib"),
        "", _off_the_steps, "min {it.min} is no multiple of step {it.step}.",
        "Choose such a min, or list the values as discrete.", HYPEROPT),
    of_range(warning("normal-unbounded",
        "`random` and tpe sample normal distributions without bounds: some values lie outside min and max.",
        "katib"),
        "distribution", lambda it: it.distribution in _BELL,
        "Three values in a thousand of {it.distribution} lie outside min and max.",
        "Let the training script clip the value.", HYPEROPT),
    of_range(error("grid-step-missing", "`grid` needs a step for every double."),
        "step", lambda it: not it.step and (it.min or it.max), "grid needs a step for '{it.name}'.",
        "Add it.", {"grid"}, "double"),
)
# fmt: on


@rule("min-equals-max", severity="warning")
def min_equals_max(view: View) -> Iterator[Finding]:
    """A parameter's min is its max: there is nothing to search."""
    resource = view.chosen.get("resource_name")
    for each in ranges(view):
        planned = view.algorithm == "hyperband" and each.name == resource  # its range never matters
        if each.low == each.high and not planned:
            message = f"min and max are both {each.min}."
            yield Finding(each.path, message, "Write the value into the template.", each.min)


@rule("distribution-on-grid", severity="warning")
def distribution_on_grid(view: View) -> Iterator[Finding]:
    """`grid` tries every value once, whatever the distribution."""
    for each in ranges(view) if view.algorithm == "grid" else ():
        if each.distribution == "logUniform":  # a normal one is refused
            message = f"grid ignores the distribution {each.distribution}."
            fix = "Remove it, or list the values as discrete."
            yield Finding(f"{each.path}.distribution", message, fix, each.distribution)


@rule("distribution-ignored", severity="warning", engine="katib")
def distribution_ignored(view: View) -> Iterator[Finding]:
    """The algorithm's service ignores the distribution."""
    ignoring = GOPTUNA | SKOPT | {"hyperband", "pbt"}
    for each in ranges(view) if view.algorithm in ignoring else ():
        as_it_is = view.algorithm in SKOPT and (each.kind, each.distribution) == ("double", "logUniform")
        if each.distribution in ("logUniform", *_BELL) and not as_it_is:
            message = f"{view.algorithm} ignores the distribution {each.distribution}."
            fix = "Remove it, or use random or tpe."
            yield Finding(f"{each.path}.distribution", message, fix, each.distribution)


@rule("step-ignored", severity="warning", engine="katib")
def step_ignored(view: View) -> Iterator[Finding]:
    """The algorithm's service ignores the step."""
    for each in ranges(view):
        logarithmic = view.algorithm in OPTUNA - {"grid"} and each.distribution == "logUniform"
        if each.step and (view.algorithm in SKOPT | {"hyperband"} or logarithmic):
            message = f"{view.algorithm} ignores the step {each.step} here."
            fix = "Remove it, or list the values as discrete."
            yield Finding(f"{each.path}.step", message, fix, each.step)


@rule("cmaes-one-dimension")
def cmaes_one_dimension(view: View) -> Iterator[Finding]:
    """`cmaes` needs two or more parameters of type int or double."""
    count = len(numbers(view))
    if view.algorithm == "cmaes" and view.parameters and count < 2:
        message = f"cmaes needs two parameters of type int or double, and has {count}."
        yield Finding("spec.parameters", message, "Add one, or use tpe.", count)


@rule("cmaes-range-empty", engine="katib")
def cmaes_range_empty(view: View) -> Iterator[Finding]:
    """`cmaes` begins with a sixth of the smallest range, and suggests nothing where that is zero."""
    for each in ranges(view) if view.algorithm == "cmaes" else ():
        if each.low == each.high and not number(view.chosen.get("sigma", "")) > 0:
            message = f"min and max are both {each.min}, and there is no sigma."
            yield Finding(each.path, message, "Write the value into the template, or set sigma.", each.min)


@rule("cmaes-minimizes-only", severity="warning", engine="katib")
def cmaes_minimizes_only(view: View) -> Iterator[Finding]:
    """`cmaes` minimizes whatever the objective's type is: with `maximize` it looks for the worst."""
    kind = view.spec.get("objective", {}).get("type")
    if view.algorithm == "cmaes" and kind == "maximize":
        message = f"cmaes minimizes the metric, although the type is {kind}."
        fix = "Let the training print its negative, and minimize that; negate a goal as well."
        yield Finding("spec.objective.type", message, fix, kind)


@rule("grid-smaller-than-budget")
def grid_smaller_than_budget(view: View) -> Iterator[Finding]:
    """`grid`'s service refuses a maxTrialCount above the number of combinations."""
    count, most = _combinations(view), view.spec.get("maxTrialCount", 0)
    if count is not None and 0 < count < most:
        message = f"The grid has {count} combinations, maxTrialCount is {most}."
        yield Finding("spec.maxTrialCount", message, f"Set it to {count} or less.", most)


@rule("grid-too-large", severity="warning", engine="katib")
def grid_too_large(view: View) -> Iterator[Finding]:
    """`grid`'s service lists every combination in memory before the first trial."""
    count = _combinations(view)
    if count is not None and count > _LARGEST_GRID:
        shown = str(count) if count < _COUNTABLE else f"more than {_COUNTABLE:.0e}"
        yield Finding("spec.parameters", f"The grid has {shown} combinations.", "Use longer steps.")


@rule("grid-end-lost", severity="warning", engine="katib")
def grid_end_lost(view: View) -> Iterator[Finding]:
    """Rounding costs grid the end of a double's range, although max is min plus whole steps."""
    for each in ranges(view, "double") if view.algorithm == "grid" else ():
        points = _points(each)
        steps = (each.high - each.low) / each.width if points else math.nan
        if points and abs(steps - round(steps)) < 1e-9 and points <= round(steps):
            message = f"grid has {points} points, and {each.max} is not among them."
            fix = "List the values as discrete, or raise max a little."
            yield Finding(f"{each.path}.max", message, fix, points)


def _combinations(view: View) -> int | None:
    """How many trials grid has to offer, None for another algorithm or if unknown."""
    if view.algorithm != "grid":
        return None
    counts = [_points(each) for each in ranges(view)]
    counts += [len(parameter["feasibleSpace"].get("list", [])) for _, parameter in lists(view)]
    known = [count for count in counts if count is not None]
    return math.prod(known) if len(known) == len(view.parameters) else None


def _points(space: Range) -> int | None:
    """How many values grid takes from a range, None if unknown.

    Of a double's values the last is dropped if it is above max: 0.1 to 0.5 by 0.2 has two points, not three.
    """
    if space.kind == "int":
        low, high, step = integer(space.min), integer(space.max), integer(space.step or "1")
        if low is None or high is None or step is None or step <= 0:
            return None
        return len(range(low, high + 1, step))
    listed = arange(space)
    return None if listed is None else listed[0] - listed[1]


@rule("darts-asked-twice", engine="katib")
def darts_asked_twice(view: View) -> Iterator[Finding]:
    """`darts` answers the first request only; a second batch of trials never comes."""
    parallel, most = view.spec["parallelTrialCount"], view.spec.get("maxTrialCount", 0)
    if view.algorithm == "darts" and most > parallel > 0:
        message = f"maxTrialCount is {most}, and {view.stated('spec.parallelTrialCount')}."
        yield Finding("spec.parallelTrialCount", message, f"Set parallelTrialCount to {most}.", parallel)
