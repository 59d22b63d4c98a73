# SPDX-License-Identifier: Apache-2.0
"""What a step asks of an engine: whose search this is, and how long it may take."""

from __future__ import annotations

from dataclasses import replace

from kfp_katib.engines.engine import Engine
from kfp_katib.engines.options import Identity
from kfp_katib.errors import InputError


def identified(engine: Engine, identity: Identity) -> Identity:
    """The same as the step's own pod tells it, where this is one.

    The name that a pipeline gives is not enough: it is the same in each pass of a loop, and in a nested
    pipeline that is called twice.

    Raises:
        InputError: There is a pod, and it does not tell; or a part is empty where other runs' searches are
            around, or is still a placeholder.
    """
    run_id, step = engine.own_step()
    found = replace(identity, run_id=identity.run_id or run_id, task_name=_in_place(identity.task_name, step))
    for name, value in (("run_id", found.run_id), ("task_name", found.task_name)):
        _check(name, value, needed=not engine.trials_here)
    return found


def _in_place(task_name: str, step: str) -> str:
    """A step's name behind its way through the pipeline, which ends with the name that the pipeline knows."""
    if not step or task_name in ("", step.rpartition(".")[2]):
        return step or task_name
    return f"{step}.{task_name}"


def _check(name: str, value: str, *, needed: bool) -> None:
    """Refuse what would not identify anything."""
    if needed and not value:
        raise InputError(
            f"{name} is empty and no pod of a pipeline tells it, so a retried step could not find "
            "its Experiment among those of other runs. Pass dsl.PIPELINE_JOB_ID_PLACEHOLDER and "
            "dsl.PIPELINE_TASK_NAME_PLACEHOLDER."
        )
    if "{{$" in value:
        raise InputError(
            f"{name} is {value!r}: the pipeline left a placeholder in it. Pass the placeholder as "
            "the whole argument, not inside a longer text."
        )
