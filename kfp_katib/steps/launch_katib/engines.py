# SPDX-License-Identifier: Apache-2.0
"""Who runs an Experiment: an engine is a module with a `run` and an `end_abandoned`."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any

from kfp_katib.errors import Interrupted, Unfinished
from kfp_katib.experiment.choices import choose
from kfp_katib.results import Result
from kfp_katib.steps.launch_katib.milestones import Milestones
from kfp_katib.steps.launch_katib.plan import Plan
from kfp_katib.steps.launch_katib.request import Identity, Limits

ENGINES = {"katib": "kfp_katib.engines.katib", "local": "kfp_katib.engines.local"}
CLEANUPS = ("keep", "delete_on_success", "delete_always")


def engine(name: str) -> ModuleType:
    """The module behind an engine's name.

    Raises:
        InputError: There is no such engine.
    """
    return importlib.import_module(ENGINES[choose(name, ENGINES, "engine")])


def identified(name: str, identity: Identity) -> Identity:
    """The same as the step's own pod tells it, where this is one.

    The name that a pipeline gives is not enough: it is the same in each pass of a loop, and in a nested
    pipeline that is called twice.

    Raises:
        InputError: There is a pod, and it does not tell.
    """
    if name == "local":
        return identity
    run_id, step = engine(name).own_step()
    return replace(identity, run_id=identity.run_id or run_id, task_name=_in_place(identity.task_name, step))


def _in_place(task_name: str, step: str) -> str:
    """A step's name behind its way through the pipeline, which ends with the name that the pipeline knows."""
    if not step or task_name in ("", step.rpartition(".")[2]):
        return step or task_name
    return f"{step}.{task_name}"


def run(name: str, plan: Plan, *, identity: Identity, limits: Limits, cleanup: str) -> Result:
    """Run a plan on an engine, and tidy up after it as asked.

    Raises:
        InputError: It cannot run there.
        Unfinished: It ended without a verdict.
    """
    shared = {
        "models": plan.models or None,
        "timeout_seconds": limits.timeout_seconds,
        "on_timeout": limits.on_timeout,
        "on_update": Milestones().update,
    }
    if name == "local":
        return _run_local(plan, shared, cleanup)
    result: Result = engine(name).run(
        plan.experiment,
        **shared,
        namespace=identity.namespace or None,
        run_id=identity.run_id,
        task_name=identity.task_name,
        stall_timeout_seconds=limits.stall_timeout_seconds,
        experiment_cleanup=cleanup,
    )
    return result


def end_abandoned(name: str, run_id: str, *, namespaces: Sequence[str]) -> list[str]:
    """End the searches of a run that nobody waits for; gives their names.

    Args:
        name: The engine.
        run_id: The run.
        namespaces: Where in a cluster they may be, beside the step's own namespace.

    Raises:
        InputError: There is no such engine.
    """
    module = engine(name)
    ended: list[str] = (
        module.end_abandoned(run_id)
        if name == "local"
        else module.end_abandoned(run_id, namespaces=namespaces)
    )
    return ended


def _run_local(plan: Plan, shared: dict[str, Any], cleanup: str) -> Result:
    from kfp_katib.engines import local

    name = plan.experiment.name
    try:
        result = local.run(plan.experiment, **shared)
    except Unfinished as stopped:
        if cleanup == "delete_always" and not isinstance(stopped, Interrupted):
            local.discard(name)
        raise
    if cleanup == "delete_always" or (cleanup == "delete_on_success" and result.succeeded):
        local.discard(name)
    return result
