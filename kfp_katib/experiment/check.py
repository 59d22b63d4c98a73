# SPDX-License-Identifier: Apache-2.0
"""The two questions about a manifest: what is wrong with it, and, if nothing is, what does it say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from kfp_katib.errors import ManifestError
from kfp_katib.experiment import rules, source, structure
from kfp_katib.experiment.build import build
from kfp_katib.experiment.defaults import with_defaults
from kfp_katib.experiment.model import Experiment, Manifest
from kfp_katib.experiment.problem import Problem, Rule
from kfp_katib.experiment.rules.view import View
from kfp_katib.experiment.structure import Structure, check_structure

Change = Callable[[Manifest], None]
"""Changes plain data in place; they may hold anything that a manifest can."""


def all_rules() -> tuple[Rule, ...]:
    """Every rule there is: of reading, of structure, of meaning."""
    return (*source.RULES, *structure.RULES, *(check.rule for check in rules.CHECKS))


def check(manifest: object) -> tuple[Problem, ...]:
    """Every finding in a manifest, errors and warnings, ordered by the field's path.

    Args:
        manifest: YAML or JSON text, the Path of a file, a mapping, or an Experiment object of
            kubeflow-katib or kubeflow-katib-api.

    Returns:
        The problems; empty for a manifest without any. Bad content never raises.
    """
    remarks: list[Problem] = []
    try:
        data = source.read(manifest, remarks)
    except source.UnreadableError as err:
        return (err.problem,)
    return _judged(data, remarks)[1]


def load(manifest: object, *, name: str | None = None, change: Change | None = None) -> Experiment:
    """Read a manifest that has no errors; its warnings are in `Experiment.warnings`.

    Args:
        manifest: As for `check`.
        name: What messages call the manifest; the file's name where it is a file.
        change: What is done to the manifest before it is judged, such as `override.overriding(...)`.

    Raises:
        ManifestError: The manifest has errors; it carries every one of them.
    """
    label = name or source.describe(manifest)
    remarks: list[Problem] = []
    try:
        data = source.read(manifest, remarks)
        if change:
            label = f"{label} after overrides"
            change(data)
            data = source.plain(data)
    except source.UnreadableError as err:
        raise ManifestError(label, (err.problem,)) from err
    full, problems = _judged(data, remarks)
    errors = tuple(problem for problem in problems if problem.severity == "error")
    if errors:
        raise ManifestError(label, errors)
    return build(data, full, problems)


def _judged(
    data: Mapping[str, Any], remarks: Iterable[Problem] = ()
) -> tuple[Mapping[str, Any], tuple[Problem, ...]]:
    """The manifest with Katib's defaults, and every problem in it."""
    form = check_structure(data)
    full = with_defaults(form.manifest)
    found = rules.judge(View(full, form.manifest))
    return full, _ordered([*remarks, *form.problems, *_apart(found, form)])


def _apart(found: Iterable[Problem], form: Structure) -> list[Problem]:
    """The rules' problems but for those about a value that was left out for its type."""
    return [
        problem
        for problem in found
        if not any(
            problem.path == lost
            or problem.path.startswith((f"{lost}.", f"{lost}["))
            or lost.startswith((f"{problem.path}.", f"{problem.path}["))
            for lost in form.lost
        )
    ]


def _ordered(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """By path, list indices as numbers; at one path errors come first."""
    return tuple(sorted(problems, key=lambda found: (_steps(found.path), found.severity, found.rule)))


def _steps(path: str) -> list[tuple[int, str]]:
    steps = re.findall(r"\[([0-9]{1,9})\]|([^.\[\]]+)", path)
    return [(int(index), "") if index else (-1, name) for index, name in steps]
