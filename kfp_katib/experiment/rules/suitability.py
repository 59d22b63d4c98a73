# SPDX-License-Identifier: Apache-2.0
"""Does the search space suit the algorithm? Katib finds out when it asks for suggestions, or never says.

Each rule names what one suggestion service of Katib 0.19 does with a space that Katib's webhook lets pass.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.rules.numbers import number
from kfp_katib.experiment.rules.parameters import bounds, numeric
from kfp_katib.experiment.rules.rule import rule
from kfp_katib.experiment.rules.settings import GOPTUNA, HYPEROPT, OPTUNA, SKOPT
from kfp_katib.experiment.rules.view import Part, View

_LOGARITHMIC = ("logUniform", "logNormal")
_BELL = ("normal", "logNormal")


def _min(space: Part) -> float:
    """The space's min; infinite where there is no number, which is another rule's business."""
    low, _ = bounds(space)
    return math.inf if low is None else low


@rule("log-min-not-positive")
def log_min_not_positive(view: View) -> Iterator[Finding]:
    """A logarithmic parameter starts at zero or below; random and tpe then suggest nothing, for ever."""
    for path, _, space in numeric(view):
        logarithmic = view.algorithm in HYPEROPT and space["distribution"] in _LOGARITHMIC
        if logarithmic and _min(space) <= 0:
            message = f"min is {space['min']} with distribution {space['distribution']}."
            yield Finding(f"{path}.min", message, "Give a positive min.", space["min"])


@rule("log-min-raised", severity="warning")
def log_min_raised(view: View) -> Iterator[Finding]:
    """Optuna's service raises a logarithmic min that is too low: to 1 for an int, 1e-10 for a double."""
    for path, parameter, space in numeric(view):
        least = 1.0 if parameter["parameterType"] == "int" else 1e-10
        logarithmic = view.algorithm in OPTUNA and space["distribution"] == "logUniform"
        if logarithmic and _min(space) < least:
            message = f"min is {space['min']}; {view.algorithm} starts at {least:g}."
            yield Finding(f"{path}.min", message, "Write the min that you mean.", space["min"])


@rule("distribution-unsupported")
def distribution_unsupported(view: View) -> Iterator[Finding]:
    """Optuna's service leaves out a parameter with a normal distribution; no trial can then start."""
    for path, _, space in numeric(view):
        if view.algorithm in OPTUNA and space["distribution"] in _BELL:
            message = f"{view.algorithm} cannot sample the distribution {space['distribution']}."
            fix = "Use uniform or logUniform, or the algorithm random or tpe."
            yield Finding(f"{path}.distribution", message, fix, space["distribution"])


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
        text = space.get("min", "")
        if view.algorithm in SKOPT and parameter["parameterType"] == "double" and _min(space) <= 0:
            yield Finding(f"{path}.min", f"min is {text}.", "Give a positive min, or use tpe.", text)


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
        if math.isfinite(low / step) and abs(low / step - round(low / step)) > 1e-9:
            message = f"min {space['min']} is no multiple of step {space['step']}."
            yield Finding(path, message, "Choose such a min, or list the values as discrete.", space["step"])


@rule("normal-unbounded", severity="warning")
def normal_unbounded(view: View) -> Iterator[Finding]:
    """`random` and tpe sample normal distributions without bounds: some values lie outside min and max."""
    for path, _, space in numeric(view):
        if view.algorithm in HYPEROPT and space["distribution"] in _BELL:
            message = f"Three values in a thousand of {space['distribution']} lie outside min and max."
            yield Finding(f"{path}.distribution", message, "Let the training script clip the value.")


@rule("cmaes-one-dimension")
def cmaes_one_dimension(view: View) -> Iterator[Finding]:
    """`cmaes` needs two or more parameters of type int or double."""
    count = len(list(numeric(view)))
    if view.algorithm == "cmaes" and view.parameters and count < 2:
        message = f"cmaes needs two parameters of type int or double, and has {count}."
        yield Finding("spec.parameters", message, "Add one, or use tpe.", count)
