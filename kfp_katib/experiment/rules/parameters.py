# SPDX-License-Identifier: Apache-2.0
"""The search parameters: their names, types, and the texts that bound them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.rules.numbers import integer, number
from kfp_katib.experiment.rules.repeats import again
from kfp_katib.experiment.rules.rule import rule
from kfp_katib.experiment.rules.view import Part, View

TYPES = ("int", "double", "categorical", "discrete")
DISTRIBUTIONS = ("uniform", "logUniform", "normal", "logNormal")
_LEFT_OPEN = "unknown"  # a value that Katib's webhook takes and its services do not


def numeric(view: View) -> Iterator[tuple[str, Part, Part]]:
    """Path of the feasible space, parameter and space, of every int and double."""
    for path, parameter in view.parameters:
        if parameter.get("parameterType") in ("int", "double"):
            yield f"{path}.feasibleSpace", parameter, parameter["feasibleSpace"]


def bounds(space: Part) -> tuple[float | None, float | None]:
    """The space's min and max as numbers, None where they are none."""
    return number(space.get("min", "")), number(space.get("max", ""))


def stepless(view: View, algorithm: str) -> Iterator[Finding]:
    """Each double without a step, where the algorithm is this one, which needs it."""
    for path, parameter, space in numeric(view):
        if view.algorithm == algorithm and parameter["parameterType"] == "double" and not space.get("step"):
            message = f"{algorithm} needs a step for '{parameter.get('name')}'."
            yield Finding(f"{path}.step", message, "Add it.")


@rule("parameters-missing", webhook=True)
def parameters_missing(view: View) -> Iterator[Finding]:
    """There is neither a search parameter nor a nasConfig."""
    if not view.parameters and "nasConfig" not in view.spec:
        yield Finding("spec.parameters", "There is nothing to search.", "Add at least one parameter.")


@rule("parameters-and-nas", webhook=True)
def parameters_and_nas(view: View) -> Iterator[Finding]:
    """There are search parameters and a nasConfig; Katib takes one of the two."""
    if view.parameters and "nasConfig" in view.spec:
        yield Finding("spec.nasConfig", "There are parameters as well.", "Remove one of the two.")


@rule("parameter-name-missing")
def parameter_name_missing(view: View) -> Iterator[Finding]:
    """A search parameter has no name."""
    for path, parameter in view.parameters:
        if not parameter.get("name"):
            yield Finding(f"{path}.name", "The parameter has no name.", "Name it.")


@rule("parameter-name-repeated")
def parameter_name_repeated(view: View) -> Iterator[Finding]:
    """Two search parameters have one name; the services refuse them, or one gets lost."""
    names = [(f"{path}.name", parameter.get("name", "")) for path, parameter in view.parameters]
    counts = Counter(name for _, name in names)
    for path, name in again(names):
        yield Finding(path, f"The name '{name}' stands {counts[name]} times.", "Rename one.", name)


@rule("parameter-type-invalid", webhook=True)
def parameter_type_invalid(view: View) -> Iterator[Finding]:
    """A parameter's type is not one of Katib's."""
    for path, parameter in view.parameters:
        kind = parameter.get("parameterType", "")
        if kind not in (*TYPES, _LEFT_OPEN):
            yield Finding(f"{path}.parameterType", f"The type is '{kind}'.", f"Write {_one_of(TYPES)}.", kind)


@rule("parameter-type-unknown")
def parameter_type_unknown(view: View) -> Iterator[Finding]:
    """The type `unknown` passes Katib's webhook, and no service can sample it."""
    for path, parameter in view.parameters:
        if parameter.get("parameterType") == _LEFT_OPEN:
            yield Finding(f"{path}.parameterType", "The type is 'unknown'.", f"Write {_one_of(TYPES)}.")


@rule("distribution-invalid", webhook=True)
def distribution_invalid(view: View) -> Iterator[Finding]:
    """A parameter's distribution is not one of Katib's."""
    for path, parameter in view.parameters:
        name = parameter["feasibleSpace"]["distribution"]
        if name not in (*DISTRIBUTIONS, _LEFT_OPEN):
            fix = f"Write {_one_of(DISTRIBUTIONS)}."
            yield Finding(f"{path}.feasibleSpace.distribution", f"The distribution is '{name}'.", fix, name)


@rule("distribution-unknown", severity="warning")
def distribution_unknown(view: View) -> Iterator[Finding]:
    """The distribution `unknown` passes Katib's webhook; the services sample uniformly."""
    for path, parameter in view.parameters:
        if parameter["feasibleSpace"]["distribution"] == _LEFT_OPEN:
            fix = f"Write {_one_of(DISTRIBUTIONS)}."
            yield Finding(f"{path}.feasibleSpace.distribution", "The distribution is 'unknown'.", fix)


@rule("list-on-number", webhook=True)
def list_on_number(view: View) -> Iterator[Finding]:
    """An int or double has a list of values."""
    for path, parameter, space in numeric(view):
        if space.get("list"):
            fix = "Use min and max, or make it categorical or discrete."
            yield Finding(
                f"{path}.list", f"A parameter of type {parameter['parameterType']} has a list.", fix
            )


@rule("bounds-missing", webhook=True)
def bounds_missing(view: View) -> Iterator[Finding]:
    """An int or double lacks its min or max."""
    for path, _, space in numeric(view):
        for bound in (bound for bound in ("min", "max") if not space.get(bound)):
            yield Finding(
                f"{path}.{bound}", f"The parameter has no {bound}.", f'Set it as text: {bound}: "1".'
            )


@rule("bounds-on-list", webhook=True)
def bounds_on_list(view: View) -> Iterator[Finding]:
    """A categorical or discrete parameter has min, max or step."""
    for path, parameter in view.parameters:
        space = parameter["feasibleSpace"]
        given = [name for name in ("min", "max", "step") if space.get(name)]
        if given and parameter.get("parameterType") in ("categorical", "discrete"):
            message = f"A parameter of type {parameter['parameterType']} has {', '.join(given)}."
            yield Finding(f"{path}.feasibleSpace", message, "Use list, or make it int or double.", given)


@rule("bound-not-a-number")
def bound_not_a_number(view: View) -> Iterator[Finding]:
    """A bound or step is not a finite number of the parameter's type."""
    for path, parameter, space in numeric(view):
        whole = parameter["parameterType"] == "int"
        wanted = "an integer" if whole else "a number"
        for name in ("min", "max", "step"):
            text = space.get(name, "")
            if text and (integer(text) if whole else number(text)) is None:
                yield Finding(f"{path}.{name}", f"{name} is '{text}'.", f"Write {wanted}.", text)


@rule("min-above-max")
def min_above_max(view: View) -> Iterator[Finding]:
    """A parameter's min lies above its max."""
    for path, parameter, space in numeric(view):
        low, high = bounds(space)
        if low is not None and high is not None and low > high:
            message = f"'{parameter.get('name')}' has min {space['min']} above max {space['max']}."
            yield Finding(path, message, "Swap them.", [space["min"], space["max"]])


@rule("min-equals-max", severity="warning")
def min_equals_max(view: View) -> Iterator[Finding]:
    """A parameter's min is its max: there is nothing to search."""
    for path, _, space in numeric(view):
        low, high = bounds(space)
        if low is not None and low == high:
            yield Finding(
                path, f"min and max are both {space['min']}.", "Write the value into the template.", low
            )


@rule("step-not-positive")
def step_not_positive(view: View) -> Iterator[Finding]:
    """A parameter's step is zero or negative."""
    for path, _, space in numeric(view):
        step = number(space.get("step", ""))
        if step is not None and step <= 0:
            yield Finding(
                f"{path}.step", f"step is {space['step']}.", "Write a positive step.", space["step"]
            )


@rule("step-above-range", severity="warning")
def step_above_range(view: View) -> Iterator[Finding]:
    """A parameter's step is longer than its range: one value is left."""
    for path, _, space in numeric(view):
        low, high = bounds(space)
        step = number(space.get("step", ""))
        if low is not None and high is not None and step is not None and step > high - low > 0:
            message = f"step {space['step']} is above max - min, {high - low:g}."
            yield Finding(f"{path}.step", message, "Shorten the step.", space["step"])


def _one_of(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"
