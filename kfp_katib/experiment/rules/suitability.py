# SPDX-License-Identifier: Apache-2.0
"""Does the search space suit the algorithm? Katib finds out when it asks for suggestions, or never says.

Each rule names what one suggestion service of Katib 0.19 does with a space that Katib's webhook lets pass.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from kfp_katib.experiment.rules.numbers import integer, lattice, number
from kfp_katib.experiment.rules.parameters import bounds, listed, numeric
from kfp_katib.experiment.rules.rule import Finding, rule
from kfp_katib.experiment.rules.settings import GOPTUNA, HYPEROPT, OPTUNA, SKOPT
from kfp_katib.experiment.rules.view import Part, View

_LOGARITHMIC = ("logUniform", "logNormal")
_BELL = ("normal", "logNormal")
_LARGEST_GRID = 1_000_000


def _setting(view: View, name: str) -> str:
    values = [str(setting.get("value", "")) for _, setting in view.settings if setting.get("name") == name]
    return values[-1] if values else ""


@rule("log-min-not-positive")
def log_min_not_positive(view: View) -> Iterator[Finding]:
    """A logarithmic parameter starts at zero or below; random and tpe then suggest nothing, for ever."""
    for path, _, space in numeric(view):
        low, _high = bounds(space)
        if (
            view.algorithm in HYPEROPT
            and space["distribution"] in _LOGARITHMIC
            and low is not None
            and low <= 0
        ):
            message = f"min is {space['min']} with distribution {space['distribution']}."
            yield Finding(f"{path}.min", message, "Give a positive min.", space["min"])


@rule("log-min-raised", severity="warning")
def log_min_raised(view: View) -> Iterator[Finding]:
    """Optuna's service raises a logarithmic min that is too low: to 1 for an int, 1e-10 for a double."""
    for path, parameter, space in numeric(view):
        low, _high = bounds(space)
        least = 1.0 if parameter["parameterType"] == "int" else 1e-10
        if (
            view.algorithm in OPTUNA
            and space["distribution"] == "logUniform"
            and low is not None
            and low < least
        ):
            message = f"min is {space['min']}; {view.algorithm} starts at {least:g}."
            yield Finding(f"{path}.min", message, "Write the min that you mean.", space["min"])


@rule("distribution-unsupported")
def distribution_unsupported(view: View) -> Iterator[Finding]:
    """Optuna's service leaves out a parameter with a normal distribution; no trial can then start."""
    for path, _, space in numeric(view):
        if view.algorithm in OPTUNA and space["distribution"] in _BELL:
            message = f"{view.algorithm} cannot sample the distribution {space['distribution']}."
            mend = "Use uniform or logUniform, or the algorithm random or tpe."
            yield Finding(f"{path}.distribution", message, mend, space["distribution"])


@rule("distribution-ignored", severity="warning")
def distribution_ignored(view: View) -> Iterator[Finding]:
    """The algorithm's service ignores the distribution."""
    ignoring = GOPTUNA | SKOPT | {"hyperband", "pbt", "grid"}
    for path, parameter, space in numeric(view):
        name = space["distribution"]
        as_it_is = view.algorithm in SKOPT and parameter["parameterType"] == "double" and name == "logUniform"
        if view.algorithm in ignoring and name in ("logUniform", *_BELL) and not as_it_is:
            message = f"{view.algorithm} ignores the distribution {name}."
            yield Finding(f"{path}.distribution", message, "Remove it, or use random or tpe.", name)


@rule("always-logarithmic", severity="warning")
def always_logarithmic(view: View) -> Iterator[Finding]:
    """`bayesianoptimization` samples every double on a logarithmic scale, whatever its distribution."""
    for path, parameter, space in numeric(view):
        if (
            view.algorithm in SKOPT
            and parameter["parameterType"] == "double"
            and space["distribution"] == "uniform"
        ):
            message = f"'{parameter.get('name')}' will be sampled logarithmically."
            yield Finding(path, message, "Write distribution: logUniform if that suits, else use tpe.")


@rule("skopt-min-not-positive")
def skopt_min_not_positive(view: View) -> Iterator[Finding]:
    """`bayesianoptimization` takes logarithms of every double; from zero or below it never suggests any."""
    for path, parameter, space in numeric(view):
        low, _high = bounds(space)
        if (
            view.algorithm in SKOPT
            and parameter["parameterType"] == "double"
            and low is not None
            and low <= 0
        ):
            yield Finding(
                f"{path}.min", f"min is {space['min']}.", "Give a positive min, or use tpe.", space["min"]
            )


@rule("skopt-range-empty")
def skopt_range_empty(view: View) -> Iterator[Finding]:
    """`bayesianoptimization` refuses a parameter whose min is its max."""
    for path, _, space in numeric(view):
        low, high = bounds(space)
        if view.algorithm in SKOPT and low is not None and low == high:
            yield Finding(path, f"min and max are both {space['min']}.", "Widen the range.", space["min"])


@rule("step-ignored", severity="warning")
def step_ignored(view: View) -> Iterator[Finding]:
    """The algorithm's service ignores the step."""
    for path, _, space in numeric(view):
        logarithmic = view.algorithm in OPTUNA - {"grid"} and space["distribution"] == "logUniform"
        if space.get("step") and (view.algorithm in SKOPT | {"hyperband"} or logarithmic):
            message = f"{view.algorithm} ignores the step {space['step']} here."
            yield Finding(
                f"{path}.step", message, "Remove it, or list the values as discrete.", space["step"]
            )


@rule("step-leaves-range", severity="warning")
def step_leaves_range(view: View) -> Iterator[Finding]:
    """`random` and tpe round to multiples of the step, not to min plus steps: values can leave the range."""
    for path, _, space in numeric(view):
        low, _high = bounds(space)
        step = number(space.get("step", ""))
        if view.algorithm not in HYPEROPT or space["distribution"] != "uniform" or low is None or not step:
            continue
        if abs(low / step - round(low / step)) > 1e-9:
            message = f"min {space['min']} is no multiple of step {space['step']}."
            yield Finding(path, message, "Choose such a min, or list the values as discrete.", space["step"])


@rule("normal-unbounded", severity="warning")
def normal_unbounded(view: View) -> Iterator[Finding]:
    """`random` and tpe sample normal distributions without bounds: some values lie outside min and max."""
    for path, _, space in numeric(view):
        if view.algorithm in HYPEROPT and space["distribution"] in _BELL:
            message = f"Three values in a thousand of {space['distribution']} lie outside min and max."
            yield Finding(f"{path}.distribution", message, "Let the training script clip the value.")


@rule("grid-step-missing")
def grid_step_missing(view: View) -> Iterator[Finding]:
    """`grid` needs a step for every double."""
    for path, parameter, space in numeric(view):
        if view.algorithm == "grid" and parameter["parameterType"] == "double" and not space.get("step"):
            yield Finding(f"{path}.step", f"grid needs a step for '{parameter.get('name')}'.", "Add it.")


@rule("grid-smaller-than-budget")
def grid_smaller_than_budget(view: View) -> Iterator[Finding]:
    """`grid`'s service refuses a maxTrialCount above the number of combinations."""
    count, most = _grid_size(view), view.spec.get("maxTrialCount", 0)
    if view.algorithm == "grid" and count is not None and 0 < count < most:
        message = f"The grid has {count} combinations, maxTrialCount is {most}."
        yield Finding("spec.maxTrialCount", message, f"Set it to {count} or less.", most)


@rule("grid-too-large", severity="warning")
def grid_too_large(view: View) -> Iterator[Finding]:
    """`grid`'s service lists every combination in memory before the first trial."""
    count = _grid_size(view)
    if view.algorithm == "grid" and count is not None and count > _LARGEST_GRID:
        yield Finding("spec.parameters", f"The grid has {count} combinations.", "Use longer steps.", count)


@rule("grid-end-lost", severity="warning")
def grid_end_lost(view: View) -> Iterator[Finding]:
    """Rounding costs grid the end of a double's range, although max is min plus whole steps."""
    for path, parameter, space in numeric(view):
        points = _points(parameter)
        (low, high), step = bounds(space), number(space.get("step", ""))
        if view.algorithm != "grid" or not points or not step or low is None or high is None:
            continue
        steps = (high - low) / step
        if (
            parameter["parameterType"] == "double"
            and abs(steps - round(steps)) < 1e-9
            and points <= round(steps)
        ):
            message = f"grid has {points} points, and {space['max']} is not among them."
            yield Finding(
                f"{path}.max", message, "List the values as discrete, or raise max a little.", points
            )


@rule("cmaes-one-dimension")
def cmaes_one_dimension(view: View) -> Iterator[Finding]:
    """`cmaes` needs two or more parameters of type int or double."""
    count = len(list(numeric(view)))
    if view.algorithm == "cmaes" and view.parameters and count < 2:
        message = f"cmaes needs two parameters of type int or double, and has {count}."
        yield Finding("spec.parameters", message, "Add one, or use tpe.", count)


@rule("hyperband-resource-unknown")
def hyperband_resource_unknown(view: View) -> Iterator[Finding]:
    """`hyperband`'s resource_name is not a search parameter."""
    name = _setting(view, "resource_name")
    names = [str(parameter.get("name")) for _, parameter in view.parameters]
    if view.algorithm == "hyperband" and name and name not in names:
        message = f"resource_name is '{name}'."
        yield Finding("spec.algorithm.algorithmSettings", message, f"Write one of {', '.join(names)}.", name)


@rule("hyperband-parallel-too-low")
def hyperband_parallel_too_low(view: View) -> Iterator[Finding]:
    """`hyperband` needs as many parallel trials as its first rung has."""
    resource, eta = number(_setting(view, "r_l")), number(_setting(view, "eta")) or 3
    parallel = view.spec["parallelTrialCount"]
    if view.algorithm != "hyperband" or not resource or resource <= 0 or int(eta) < 2:
        return
    needed = math.ceil(int(eta) ** int(math.log(resource) / math.log(int(eta))))
    if parallel < needed:
        message = f"hyperband needs {needed} trials at a time, parallelTrialCount is {parallel}."
        yield Finding("spec.parallelTrialCount", message, f"Set it to {needed} or more.", parallel)


@rule("hyperband-beyond-first-rung", severity="warning")
def hyperband_beyond_first_rung(view: View) -> Iterator[Finding]:
    """After its first rung hyperband gives fewer suggestions than Katib asks for, and Katib waits for ever."""
    parallel, most = view.spec["parallelTrialCount"], view.spec.get("maxTrialCount", 0)
    if view.algorithm == "hyperband" and most > parallel > 1:
        message = f"maxTrialCount {most} is above parallelTrialCount {parallel}."
        yield Finding("spec.maxTrialCount", message, "Set both to the size of the first rung.", most)


@rule("hyperband-discrete-not-integer")
def hyperband_discrete_not_integer(view: View) -> Iterator[Finding]:
    """`hyperband` makes integers of discrete values, and fails on others."""
    for path, parameter, values in listed(view):
        for i, value in enumerate(values):
            if (
                view.algorithm == "hyperband"
                and parameter["parameterType"] == "discrete"
                and integer(value) is None
            ):
                yield Finding(
                    f"{path}[{i}]", f"The value is '{value}'.", "Make the parameter categorical.", value
                )


@rule("pbt-step-missing")
def pbt_step_missing(view: View) -> Iterator[Finding]:
    """`pbt` needs a step for every double."""
    for path, parameter, space in numeric(view):
        if view.algorithm == "pbt" and parameter["parameterType"] == "double" and not space.get("step"):
            yield Finding(f"{path}.step", f"pbt needs a step for '{parameter.get('name')}'.", "Add it.")


@rule("pbt-without-volume")
def pbt_without_volume(view: View) -> Iterator[Finding]:
    """`pbt` keeps its trials' checkpoints on a volume that only resumePolicy FromVolume brings."""
    policy = view.spec["resumePolicy"]
    if view.algorithm == "pbt" and policy != "FromVolume":
        yield Finding("spec.resumePolicy", f"resumePolicy is {policy}.", "Write FromVolume.", policy)


def _points(parameter: Part) -> int | None:
    """How many values grid takes from a parameter, None where it cannot say."""
    space = parameter["feasibleSpace"]
    if parameter.get("parameterType") in ("categorical", "discrete"):
        return len(space.get("list", []))
    if parameter.get("parameterType") == "int":
        low, high = integer(space.get("min", "")), integer(space.get("max", ""))
        step = integer(space.get("step", "") or "1")
        return (
            None if low is None or high is None or not step or step < 0 else len(range(low, high + 1, step))
        )
    (low_, high_), width = bounds(space), number(space.get("step", ""))
    if low_ is None or high_ is None or not width or width < 0 or low_ > high_:
        return None
    return lattice(low_, high_, width)


def _grid_size(view: View) -> int | None:
    counts = [_points(parameter) for _, parameter in view.parameters]
    return None if None in counts else math.prod(count for count in counts if count is not None)
