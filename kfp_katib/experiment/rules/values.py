# SPDX-License-Identifier: Apache-2.0
"""The values of categorical and discrete parameters, and what becomes of them in the template's text."""

from __future__ import annotations

import json
from collections.abc import Iterator

from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.rules.numbers import number
from kfp_katib.experiment.rules.repeats import several
from kfp_katib.experiment.rules.rule import rule
from kfp_katib.experiment.rules.view import Part, View


def listed(view: View) -> Iterator[tuple[str, Part, list[str]]]:
    """Path of the list, parameter and list, of every categorical and discrete."""
    for path, parameter in view.parameters:
        if parameter.get("parameterType") in ("categorical", "discrete"):
            yield f"{path}.feasibleSpace.list", parameter, parameter["feasibleSpace"].get("list", [])


@rule("list-empty")
def list_empty(view: View) -> Iterator[Finding]:
    """A categorical or discrete parameter has no values; no service can sample it."""
    for path, _, values in listed(view):
        if not values:
            yield Finding(path, "The list is empty.", "Give the values as text.")


@rule("list-repeats", severity="warning")
def list_repeats(view: View) -> Iterator[Finding]:
    """A value stands twice in a list; it is tried twice as often."""
    for path, _, values in listed(view):
        for value in several(values):
            yield Finding(path, f"The value '{value}' stands there twice.", "Remove one.", value)


@rule("discrete-not-a-number", severity="warning")
def discrete_not_a_number(view: View) -> Iterator[Finding]:
    """A discrete parameter has a value that is no number."""
    for path, parameter, values in listed(view):
        for i, value in enumerate(values):
            if parameter["parameterType"] == "discrete" and number(value) is None:
                yield Finding(
                    f"{path}[{i}]", f"The value is '{value}'.", "Make the parameter categorical.", value
                )


@rule("value-breaks-template")
def value_breaks_template(view: View) -> Iterator[Finding]:
    """A value with a bare quote, backslash or control character breaks the JSON text it is put into."""
    for path, _, values in listed(view):
        for i, value in enumerate(values):
            if view.trial_spec and not _is_json(value):
                fix = 'Write \\" for a quote and \\\\ for a backslash, or give a plain name.'
                yield Finding(f"{path}[{i}]", f"The value is {value!r}.", fix, value)


def _is_json(value: str) -> bool:
    """Whether the value may stand between the quotes of a JSON text."""
    try:
        return isinstance(json.loads(f'"{value}"'), str)
    except ValueError:
        return False


@rule("value-holds-placeholder")
def value_holds_placeholder(view: View) -> Iterator[Finding]:
    """A value holds a placeholder; Katib replaces placeholders in no fixed order."""
    for path, _, values in listed(view):
        for i, value in enumerate(values):
            if "${trialParameters." in value or "${trialSpec." in value:
                yield Finding(f"{path}[{i}]", f"The value is '{value}'.", "Write plain text.", value)


@rule("distribution-on-list", severity="warning")
def distribution_on_list(view: View) -> Iterator[Finding]:
    """Every service ignores the distribution of a categorical or discrete parameter."""
    for path, parameter in view.parameters:
        name = parameter["feasibleSpace"]["distribution"]
        if parameter.get("parameterType") in ("categorical", "discrete") and name in (
            "logUniform",
            "normal",
            "logNormal",
        ):
            fix = "Remove it, or repeat values in the list."
            yield Finding(
                f"{path}.feasibleSpace.distribution", f"The distribution {name} is ignored.", fix, name
            )
