# SPDX-License-Identifier: Apache-2.0
"""What is searched: how many trials there may be, the parameters, their bounds, the values in their lists."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator

from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.rules.feasible_space import DISTRIBUTIONS, integer, lists, number, ranges, values
from kfp_katib.experiment.rules.rule import again, error, row, rule, several, warning
from kfp_katib.experiment.rules.view import View


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
