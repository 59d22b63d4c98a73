# SPDX-License-Identifier: Apache-2.0
"""Every rule there is, and every problem that they find in plain data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from kfp_katib.experiment import plain, structure
from kfp_katib.experiment.consequences import causes_only
from kfp_katib.experiment.defaults import with_defaults
from kfp_katib.experiment.line_numbers import placed
from kfp_katib.experiment.parts import Manifest
from kfp_katib.experiment.problem import Origin, Problem, Rule
from kfp_katib.experiment.structure import Structure, check_structure


def all_rules() -> tuple[Rule, ...]:
    """Every rule there is: of reading, of structure, of meaning."""
    from kfp_katib.experiment import rules

    return (*plain.RULES, *structure.RULES, *(check.rule for check in rules.CHECKS))


def judged(
    data: Mapping[str, Any], remarks: Iterable[Problem], origin: Origin
) -> tuple[Manifest, tuple[Problem, ...]]:
    """The manifest with Katib's defaults, and every problem in it, sorted by path, errors first."""
    # Imported here: who only looks at a search does not wait for the rules.
    from kfp_katib.experiment import rules
    from kfp_katib.experiment.rules.view import View

    form = check_structure(data)
    full = with_defaults(form.manifest)
    broken = rules.judge(View(full, form.manifest, data))
    found = [problem for problem in broken if not _lost(problem.path, form)]
    causes = causes_only([*remarks, *form.problems, *found])
    problems = [placed(problem, origin) for problem in causes]
    return full, tuple(sorted(problems, key=lambda each: (_steps(each.path), each.severity, each.rule)))


def _lost(path: str, form: Structure) -> bool:
    """Whether a rule reports a value that was left out because of its type."""
    return any(_holds(lost, path) or _holds(path, lost) for lost in form.lost)


def _holds(outer: str, inner: str) -> bool:
    return inner == outer or inner.startswith((f"{outer}.", f"{outer}["))


def _steps(path: str) -> list[tuple[int, str]]:
    """A sort key for paths, with list indices as numbers."""
    steps = re.findall(r"\[([0-9]{1,9})\]|([^.\[\]]+)", path)
    return [(int(index), "") if index else (-1, name) for index, name in steps]
