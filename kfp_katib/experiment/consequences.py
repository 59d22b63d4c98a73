# SPDX-License-Identifier: Apache-2.0
"""One mistake, one error: what only follows from another finding is left out until that one is mended."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from kfp_katib.experiment.problem import Problem

_TRIAL_SPEC = r"spec\.trialTemplate\.trialSpec\b"
_CONTAINER_NAME = rf"{_TRIAL_SPEC}.*\.containers\[[0-9]+\]\.name"
_NULL = frozenset({"job-empty-value", "null-item"})
_INCOMPLETE_JOB = frozenset({*_NULL, "job-wrong-type", "job-field-missing"})
_CHOICES = frozenset(
    {
        *("not-an-experiment", "name-invalid", "algorithm-unknown", "early-stopping-unknown"),
        *("parameter-type-invalid", "distribution-invalid", "objective-type-invalid", "strategy-invalid"),
        *("resume-policy-invalid", "collector-kind-invalid", "file-format-invalid", "restart-policy-invalid"),
        *("primary-container-unknown", "setting-unknown", "reference-unknown", "job-quantity-invalid"),
    }
)
"""Rules that say what may stand there, which answers the question for the type too."""


class _Row(NamedTuple):
    """While one of the causes stands, the effects are not reported.

    Attributes:
        causes: Rules.
        effects: Rules.
        where: Which paths of causes count, as an expression; `_SAME` where it must be the effect's.
    """

    causes: frozenset[str]
    effects: frozenset[str]
    where: str


_SAME = "the same path"


def _row(causes: Iterable[str] | str, effects: Iterable[str] | str, where: str = "") -> _Row:
    return _Row(_rules(causes), _rules(effects), where)


def _rules(named: Iterable[str] | str) -> frozenset[str]:
    return frozenset(named.split() if isinstance(named, str) else named)


_ROWS = (
    _row(_CHOICES, "wrong-type job-wrong-type", _SAME),
    _row("restart-policy-invalid image-missing primary-container-missing", _NULL, _SAME),
    _row(_NULL, "job-field-missing", _SAME),
    _row("max-trials-not-positive", "max-failed-above-max parallel-above-max"),
    _row("template-without-kind kind-misspelt", "conditions-missing"),
    _row("null-item wrong-type", "conditions-missing", rf"{_TRIAL_SPEC}\.kind"),
    _row(
        "parameters-missing",
        "grid-smaller-than-budget hyperband-resource-unknown cmaes-one-dimension nas-config-missing",
    ),
    _row("parameter-type-invalid", "cmaes-one-dimension"),
    _row("wrong-type", "parameters-missing", r"spec\.nasConfig$"),
    _row("wrong-type null-item parameter-name-missing", "hyperband-resource-unknown", r"spec\.param"),
    _row("reference-unknown", "hyperband-resource-unknown"),
    _row("resume-policy-invalid", "pbt-without-volume", _SAME),
    _row("wrong-type placeholder-undeclared", "architecture-not-consumed", r"spec\.trialTemplate\.trial"),
    _row("job-empty-value", "script-without-text", rf"{_TRIAL_SPEC}.*\.args$"),
    _row(_NULL, "restart-policy-invalid", rf"{_TRIAL_SPEC}.*\.spec$"),
    _row("job-field-missing", "restart-policy-invalid", rf"{_TRIAL_SPEC}.*\.containers$"),
    _row("wrong-type null-item", "setting-missing", r"spec\.(algorithm|earlyStopping)\.algorithmSettings"),
    _row("wrong-type", "reference-unknown", r"spec\.parameters\[[0-9]+\]\.name"),
    _row("wrong-type", "placeholder-undeclared", r"spec\.trialTemplate\.trialParameters\[[0-9]+\]\.name"),
    _row(_INCOMPLETE_JOB, "trial-parameter-unused", _TRIAL_SPEC),
    _row("trial-parameter-unused", "placeholder-misspelt"),
    _row({*_INCOMPLETE_JOB, "container-name-invalid"}, "primary-container-unknown", _CONTAINER_NAME),
    _row(_INCOMPLETE_JOB, "primary-container-unknown", rf"{_TRIAL_SPEC}.*\.containers(\[[0-9]+\])?$"),
)


def causes_only(problems: Sequence[Problem]) -> list[Problem]:
    """The problems that do not merely follow from another one."""
    places: dict[str, set[str]] = {}
    for problem in problems:
        places.setdefault(problem.rule, set()).add(problem.path)
    return [problem for problem in problems if not _follows(problem, places)]


def _follows(problem: Problem, places: Mapping[str, Collection[str]]) -> bool:
    """Whether the problem is an effect of another one.

    Args:
        problem: What may be an effect.
        places: Where each rule found something.
    """
    return any(
        _is_cause(row.where, places[cause], problem.path)
        for row in _ROWS
        if problem.rule in row.effects
        for cause in row.causes & places.keys()
    )


def _is_cause(where: str, paths: Collection[str], effect: str) -> bool:
    return effect in paths if where == _SAME else any(re.match(where, path) for path in paths)
