# SPDX-License-Identifier: Apache-2.0
"""What is searched: how many trials there may be, the parameters, their bounds, the values in their lists."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass

from kfp_katib.experiment.problem import Finding, Rule
from kfp_katib.experiment.rules.paths import Part
from kfp_katib.experiment.rules.rule import Check, again, error, row, rule, several, warning
from kfp_katib.experiment.rules.view import View

TYPES = ("int", "double", "categorical", "discrete")
DISTRIBUTIONS = ("uniform", "logUniform", "normal", "logNormal")
UNKNOWN = "unknown"
"""A type and a distribution that Katib's webhook accepts and its services do not."""
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def number(text: str) -> float:
    """A decimal number; NaN, which compares with nothing, for any other text and for what overflows."""
    value = float(text) if _NUMBER.fullmatch(text) else math.nan
    return value if math.isfinite(value) else math.nan


def integer(text: str) -> int | None:
    """An integer of at most 18 digits, None for any other text."""
    return int(text) if re.fullmatch(r"[+-]?[0-9]{1,18}", text) else None


@dataclass(frozen=True, slots=True)
class Range:
    """The feasible space of an int or double: its texts, and their numbers; NaN if a text is not one.

    Attributes:
        path: Where it lies.
        kind: The parameter's type.
        name: The parameter's name.
        distribution: The distribution's name.
        min: The least value.
        max: The greatest value.
        step: The distance between two values.
    """

    path: str
    kind: str
    name: object
    distribution: str
    min: str
    max: str
    step: str
    low: float
    high: float
    width: float

    @property
    def least(self) -> float:
        """Where Optuna's service lets a logarithmic range begin."""
        return 1.0 if self.kind == "int" else 1e-10


def numbers(view: View) -> list[tuple[str, Part]]:
    """The parameters of type int and double."""
    return [each for each in view.parameters if each[1].get("parameterType") in ("int", "double")]


def lists(view: View) -> list[tuple[str, Part]]:
    """The parameters of type categorical and discrete."""
    return [each for each in view.parameters if each[1].get("parameterType") in ("categorical", "discrete")]


def ranges(view: View, kind: str = "") -> Iterator[Range]:
    """The feasible spaces of the parameters of type int and double, or of one of the two."""
    for path, parameter in numbers(view):
        if kind in ("", parameter["parameterType"]):
            yield range_of(path, parameter)


def range_of(path: str, parameter: Part) -> Range:
    """The feasible space of one parameter of type int or double."""
    space = parameter["feasibleSpace"]
    texts = [space.get(name, "") for name in ("min", "max", "step")]
    about = (f"{path}.feasibleSpace", parameter["parameterType"], parameter.get("name"))
    return Range(*about, space.get("distribution", "uniform"), *texts, *map(number, texts))


def arange(space: Range) -> tuple[int, bool] | None:
    """How many values numpy's `arange(min, max + step, step)` has, and whether its last is above max.

    None where that is unknown. Katib's services list the values of a double so; its rounding can lose the end
    of the range: of 0.1 to 0.5 by 0.2 the third value is above 0.5.
    """
    steps = (space.high + space.width - space.low) / space.width if space.width > 0 else math.nan
    if not space.low <= space.high or not math.isfinite(steps):
        return None
    count = math.ceil(steps)
    width = (space.low + space.width) - space.low
    return count, count > 0 and space.low + (count - 1) * width > space.high


def values(view: View, kind: str = "") -> Iterator[tuple[str, str]]:
    """Each value of the parameters of type categorical and discrete, or of one of the two, with its path."""
    for path, parameter in lists(view):
        if kind in ("", parameter["parameterType"]):
            for i, value in enumerate(parameter["feasibleSpace"].get("list", [])):
                yield f"{path}.feasibleSpace.list[{i}]", value


def of_range(
    about: Rule,
    field: str,
    wrong: Callable[[Range], object],
    message: str,
    fix: str,
    algorithms: Container[str] = (),
    kind: str = "",
) -> Check:
    """A rule about the range of an int or double, as a row of a table.

    Args:
        about: The rule.
        field: Which of the range's fields is at fault, empty for the range as a whole.
        wrong: Whether the range is at fault.
        message: What to say; `{it.min}` and its like, and `{algorithm}`, are filled in.
        fix: What to do.
        algorithms: The algorithms that it concerns; empty for all of them.
        kind: `int` or `double` if it concerns only that type.
    """

    def find(view: View) -> Iterator[Finding]:
        for it in ranges(view, kind) if not algorithms or view.algorithm in algorithms else ():
            if wrong(it):
                path = f"{it.path}.{field}" if field else it.path
                shown = message.format(it=it, algorithm=view.algorithm)
                yield Finding(path, shown, fix, getattr(it, field or "min"))

    return Check(about, find)


def _breaks_json(value: str) -> bool:
    """Whether the value may not stand between the quotes of a JSON text."""
    try:
        return not isinstance(json.loads(f'"{value}"'), str)
    except ValueError:
        return True


# fmt: off
ROWS = (
    row(warning("discrete-not-a-number", "A discrete parameter has a value that is no number."),
        lambda view: values(view, "discrete"), "", lambda value: math.isnan(number(value)),
        "The value is '{value}'.", "Make the parameter categorical."),
    row(error("value-breaks-template",
        "A value with a bare quote, backslash or control character breaks the JSON text it is put into."),
        values, "", _breaks_json, "The value is {value!r}.",
        'Write \\" for a quote and \\\\ for a backslash, or give a plain name.',
        when=lambda view: view.trial_spec),
    row(error("value-holds-placeholder",
        "A value holds a placeholder; Katib replaces placeholders in no fixed order."),
        values, "", lambda value: "${trialParameters." in value or "${trialSpec." in value,
        "The value is '{value}'.", "Write plain text."),
)
# fmt: on


@rule("parallel-above-max", webhook=True)
def parallel_above_max(view: View) -> Iterator[Finding]:
    """`parallelTrialCount`, 3 where the manifest is silent, is above `maxTrialCount`."""
    count, most = view.spec["parallelTrialCount"], view.spec.get("maxTrialCount")
    if most is not None and count > most:
        message = f"{view.stated('spec.parallelTrialCount')}, above maxTrialCount {most}."
        fix = f"Set parallelTrialCount to {max(most, 1)} or less."
        yield Finding("spec.parallelTrialCount", message, fix, count)


@rule("max-failed-above-max", webhook=True)
def max_failed_above_max(view: View) -> Iterator[Finding]:
    """`maxFailedTrialCount` is above `maxTrialCount`."""
    count, most = view.spec.get("maxFailedTrialCount"), view.spec.get("maxTrialCount")
    if count is not None and most is not None and count > most:
        message = f"maxFailedTrialCount is {count}, above maxTrialCount {most}."
        yield Finding("spec.maxFailedTrialCount", message, f"Set it to {max(most, 1)} or less.", count)


@rule("parameter-name-repeated")
def parameter_name_repeated(view: View) -> Iterator[Finding]:
    """Two search parameters have one name; the services refuse them, or one gets lost."""
    counts = Counter(name for _, name in view.parameter_names)
    for path, name in again(view.parameter_names):
        yield Finding(path, f"The name '{name}' stands {counts[name]} times.", "Rename one.", name)


@rule("bounds-on-list", webhook=True)
def bounds_on_list(view: View) -> Iterator[Finding]:
    """A categorical or discrete parameter has min, max or step."""
    for path, parameter in lists(view):
        given = [name for name in ("min", "max", "step") if parameter["feasibleSpace"].get(name)]
        if given:
            message = f"A parameter of type {parameter['parameterType']} has {', '.join(given)}."
            yield Finding(f"{path}.feasibleSpace", message, "Use list, or make it int or double.", given)


@rule("bounds-missing", webhook=True)
def bounds_missing(view: View) -> Iterator[Finding]:
    """An int or double lacks its min or max."""
    for each in ranges(view):
        lost = [name for name, text in (("min", each.min), ("max", each.max)) if not text]
        if lost:
            path = f"{each.path}.{lost[0]}" if len(lost) == 1 else each.path
            example = " and ".join(f'{name}: "{1 if name == "min" else 10}"' for name in lost)
            message = f"'{each.name}' has no {' and no '.join(lost)}."
            yield Finding(path, message, f"Write numbers as text, such as {example}.")


@rule("bound-not-a-number")
def bound_not_a_number(view: View) -> Iterator[Finding]:
    """A bound or step is not a finite number of the parameter's type."""
    for each in ranges(view):
        for name, text in (("min", each.min), ("max", each.max), ("step", each.step)):
            wrong = integer(text) is None if each.kind == "int" else math.isnan(number(text))
            if text and wrong:
                fix = "Write an integer." if each.kind == "int" else "Write a number."
                yield Finding(f"{each.path}.{name}", f"{name} is '{text}'.", fix, text)


@rule("step-above-range", severity="warning")
def step_above_range(view: View) -> Iterator[Finding]:
    """A parameter's step is longer than its range: one value is left."""
    for each in ranges(view):
        if each.width > each.high - each.low > 0:
            message = f"step {each.step} is above max - min, {each.high - each.low:g}."
            yield Finding(f"{each.path}.step", message, "Shorten the step.", each.step)


@rule("list-repeats", severity="warning")
def list_repeats(view: View) -> Iterator[Finding]:
    """A value stands twice in a list; it is tried twice as often."""
    for path, parameter in lists(view):
        for value in several(parameter["feasibleSpace"].get("list", [])):
            message = f"The value '{value}' stands there twice."
            yield Finding(f"{path}.feasibleSpace.list", message, "Remove one.", value)


@rule("distribution-on-list", severity="warning")
def distribution_on_list(view: View) -> Iterator[Finding]:
    """Every service ignores the distribution of a categorical or discrete parameter."""
    for path, parameter in lists(view):
        name = parameter["feasibleSpace"]["distribution"]
        if name in DISTRIBUTIONS[1:]:
            message, fix = f"The distribution {name} is ignored.", "Remove it, or repeat values in the list."
            yield Finding(f"{path}.feasibleSpace.distribution", message, fix, name)
