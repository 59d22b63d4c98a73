# SPDX-License-Identifier: Apache-2.0
"""Every rule for a manifest: what Katib's webhooks refuse, and what they silently accept."""

from __future__ import annotations

from types import ModuleType

from kfp_katib.experiment.problem import Problem
from kfp_katib.experiment.rules import (
    algorithm,
    architecture,
    hyperband_plan,
    injected,
    kubernetes_objects,
    measurement,
    names,
    pod_fields,
    population,
    program,
    resuming,
    script,
    search_space,
    suitability,
    trial_parameters,
    trial_template,
)
from kfp_katib.experiment.rules.rule import Check
from kfp_katib.experiment.rules.tables import TABLE
from kfp_katib.experiment.rules.view import View

MODULES: tuple[ModuleType, ...] = (
    *(search_space, algorithm, suitability, hyperband_plan, population, architecture, resuming, measurement),
    *(trial_template, trial_parameters, names, kubernetes_objects, pod_fields, injected, program, script),
)


def checks_of(module: ModuleType) -> tuple[Check, ...]:
    """The checks of a topic: the rows of its tables, then the functions of its module, in their order."""
    rows = (*TABLE.get(module.__name__.rpartition(".")[2], ()), *getattr(module, "ROWS", ()))
    return (*rows, *(item for item in vars(module).values() if isinstance(item, Check)))


CHECKS: tuple[Check, ...] = tuple(check for module in MODULES for check in checks_of(module))


def judge(view: View) -> tuple[Problem, ...]:
    """Every problem that the rules find."""
    return tuple(problem for check in CHECKS for problem in check(view))
