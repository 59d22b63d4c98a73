# SPDX-License-Identifier: Apache-2.0
"""Every rule that a manifest is held to: what Katib's webhooks refuse, and what they let pass in silence."""

from __future__ import annotations

from types import ModuleType

from kfp_katib.experiment.problem import Problem
from kfp_katib.experiment.rules import (
    algorithm,
    budget,
    command,
    grid,
    job,
    job_fields,
    job_values,
    katib_only,
    metrics,
    metrics_folder,
    names,
    objective,
    ownership,
    parameters,
    pod,
    script,
    suitability,
    template,
    trial_kind,
    trial_parameters,
    values,
)
from kfp_katib.experiment.rules.rule import Check
from kfp_katib.experiment.rules.view import View

MODULES: tuple[ModuleType, ...] = (
    names,
    ownership,
    budget,
    objective,
    algorithm,
    parameters,
    values,
    suitability,
    grid,
    katib_only,
    trial_parameters,
    template,
    trial_kind,
    job,
    job_values,
    job_fields,
    pod,
    command,
    script,
    metrics,
    metrics_folder,
)


def checks_of(module: ModuleType) -> tuple[Check, ...]:
    """The checks that a module of rules defines, in its order."""
    return tuple(item for item in vars(module).values() if isinstance(item, Check))


CHECKS: tuple[Check, ...] = tuple(check for module in MODULES for check in checks_of(module))


def judge(view: View) -> tuple[Problem, ...]:
    """Every problem that the rules find."""
    return tuple(problem for check in CHECKS for problem in check(view))
