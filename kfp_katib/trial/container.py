# SPDX-License-Identifier: Apache-2.0
"""The trial template: from an Experiment and a trial's assignments to the container that would run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from kfp_katib.errors import InputError
from kfp_katib.experiment.model import Experiment
from kfp_katib.experiment.schema import is_job
from kfp_katib.trial.deadline import FIELD, Deadline, deadline
from kfp_katib.trial.trial_spec import trial_spec

_USED = frozenset({"name", "command", "args", "env", "workingDir"})


@dataclass(frozen=True, slots=True)
class Container:
    """What of a trial's primary container means something on this machine.

    Attributes:
        command: The command, never empty.
        args: Its arguments.
        env: Variables with a literal value, in the manifest's order, and `KATIB_TRIAL_NAME`.
        foreign: Variables whose value comes from somewhere else (`valueFrom`): here, from the caller.
        working_dir: Where the image would run it; empty where the manifest does not say.
        gpus: How many NVIDIA GPUs it asks for.
        deadline: How long it may run.
        unused: Names of fields that mean nothing here.
    """

    command: tuple[str, ...]
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    foreign: tuple[str, ...] = ()
    working_dir: str = ""
    gpus: int = 0
    deadline: Deadline | None = None
    unused: tuple[str, ...] = ()


def container(experiment: Experiment, trial: str, assignments: Mapping[str, str]) -> Container:
    """The primary container of one trial.

    Args:
        experiment: An Experiment whose trialSpec is an inline batch/v1 Job.
        trial: The trial's name.
        assignments: Each search parameter's value, as Katib's text.

    Raises:
        InputError: The template cannot run here, or a value breaks it.
    """
    spec = _job(experiment, trial, assignments)
    pod = spec["spec"]["template"]["spec"]
    primary = experiment.trial_template.primary_container
    found = next(each for each in pod["containers"] if each["name"] == primary)
    if not found.get("command"):
        raise InputError(
            f"Experiment '{experiment.name}': container {primary!r} has no command. On Katib the image's "
            "entrypoint is used; here there is no image. Write the command into the manifest."
        )
    until = deadline(spec["spec"], pod)
    return replace(_container(found, trial, tuple(_unused(spec, pod, found))), deadline=until)


def _container(found: Mapping[str, Any], trial: str, unused: tuple[str, ...]) -> Container:
    env = found.get("env") or []
    limits = (found.get("resources") or {}).get("limits") or {}
    literal = {each["name"]: str(each.get("value", "")) for each in env if "valueFrom" not in each}
    return Container(
        command=tuple(map(str, found["command"])),
        args=tuple(map(str, found.get("args") or [])),
        env=literal | {"KATIB_TRIAL_NAME": trial},
        foreign=tuple(each["name"] for each in env if "valueFrom" in each),
        working_dir=found.get("workingDir") or "",
        gpus=int(limits.get("nvidia.com/gpu", 0)),  # Kubernetes takes no request without its limit
        unused=unused,
    )


def _job(experiment: Experiment, trial: str, assignments: Mapping[str, str]) -> Mapping[str, Any]:
    template = experiment.trial_template
    if template.spec is None or not is_job(template.spec):
        kind = "a ConfigMap" if template.spec is None else _shown(template.spec)
        raise InputError(
            f"Experiment '{experiment.name}': its trial template is {kind}; the local engine runs an inline "
            "batch/v1 Job. Write the trial as a Job, or use the engine 'katib'."
        )
    return trial_spec(experiment, trial, assignments)


def _shown(spec: Mapping[str, Any]) -> str:
    other = f" of {spec.get('apiVersion')!r}" if spec.get("kind") == "Job" else ""
    return f"a {spec.get('kind')}{other}"


def _unused(spec: Mapping[str, Any], pod: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    yield from (key for key in found if key not in _USED)
    yield from (f"env {each['name']} (valueFrom)" for each in found.get("env") or [] if "valueFrom" in each)
    yield from (f"container '{each.get('name')}'" for each in pod["containers"] if each is not found)
    yield from (key for key in pod if key not in ("containers", FIELD))
    job = spec["spec"]
    yield from (key for key in job if key not in ("template", FIELD))
    yield from (key for key in job["template"].get("metadata") or {})
