# SPDX-License-Identifier: Apache-2.0
"""The trial template: what an Experiment would run with a trial's assignments, and for how long.

Katib substitutes in the template's compact JSON, as text (`applyParameters` in Katib's
`pkg/controller.v1beta1/experiment/manifest/generator.go`); so do we, so that a value ends up where Katib
puts it, and only there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from kfp_katib.errors import InputError
from kfp_katib.experiment.model import Experiment, Manifest, TrialParameter
from kfp_katib.experiment.placeholders import meta
from kfp_katib.experiment.rules.services import ARCHITECTURE
from kfp_katib.experiment.schema import is_job
from kfp_katib.results import TrialCondition

GPU = "nvidia.com/gpu"
"""The resource that a container asks for NVIDIA's GPUs by."""

_USED = frozenset({"name", "command", "args", "env", "workingDir"})
_DEADLINE = "activeDeadlineSeconds"
_LONGEST = 2**63
# The Job's is from `job_controller.go`, which ends the Job; the pod's from `active_deadline.go` (kubelet),
# after which the Job may start another pod. Here a trial is not repeated.
_MESSAGES = {
    "Job": "Job was active longer than specified deadline",
    "Pod": "Pod was active on the node longer than the specified deadline",
}


@dataclass(frozen=True, slots=True)
class Deadline:
    """activeDeadlineSeconds: how long a trial may run, in the words that Katib takes from Kubernetes.

    Attributes:
        seconds: From its start.
        kind: Whose field it is.
    """

    seconds: int
    kind: Literal["Job", "Pod"]

    @property
    def overdue(self) -> TrialCondition:
        """Katib's condition of a trial that ran longer."""
        message = f"Trial has failed. {self.kind} message: {_MESSAGES[self.kind]} ({self.seconds} s)"
        return TrialCondition("Failed", f"TrialFailed. {self.kind} reason: DeadlineExceeded", message)

    def had_passed(self, started: datetime | None, now: datetime) -> bool:
        """Whether a trial that started then has run out of time."""
        if started is None or self.seconds >= timedelta.max.total_seconds():
            return False
        return now - started > timedelta(seconds=self.seconds)


@dataclass(frozen=True, slots=True)
class Container:
    """What matters on this machine of a trial's primary container.

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

    def folder(self, otherwise: Path) -> Path:
        """Where it runs: in the image's own folder if that is there, else in another one."""
        wanted = Path(self.working_dir)
        return wanted if self.working_dir and wanted.is_dir() else otherwise


def trial_spec(experiment: Experiment, trial: str, assignments: Mapping[str, str]) -> Manifest:
    """What Katib would create to run one trial, usually a Job.

    Args:
        experiment: An Experiment whose trialSpec is inline.
        trial: The trial's name.
        assignments: Each search parameter's value, as Katib's text.

    Raises:
        InputError: A value breaks the template.
    """
    template = experiment.trial_template
    text = json.dumps(template.spec, separators=(",", ":"), ensure_ascii=False)
    for parameter in template.parameters:
        value = _value(experiment, parameter, trial, assignments)
        text = text.replace(f"${{trialParameters.{parameter.name}}}", value)
    try:
        spec: Manifest = json.loads(text)
    except json.JSONDecodeError as err:
        raise InputError(
            f"Experiment '{experiment.name}': with {dict(assignments)} the template of trial '{trial}' is no "
            f"longer JSON: {err}. Quotes and backslashes in a value break it, on Katib as well."
        ) from err
    return spec


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
    env = found.get("env") or []
    literal = {each["name"]: str(each.get("value", "")) for each in env if "valueFrom" not in each}
    return Container(
        command=tuple(map(str, found["command"])),
        args=tuple(map(str, found.get("args") or [])),
        env=literal | {"KATIB_TRIAL_NAME": trial},
        foreign=tuple(each["name"] for each in env if "valueFrom" in each),
        working_dir=found.get("workingDir") or "",
        gpus=int(limits(found).get(GPU, 0)),
        deadline=deadline(spec["spec"], pod),
        unused=tuple(_unused(spec["spec"], pod, found)),
    )


def limits(container: Mapping[str, Any]) -> dict[str, Any]:
    """The limits of a container in a manifest; Kubernetes takes no request for a device without its limit."""
    return dict((container.get("resources") or {}).get("limits") or {})


def any_container(experiment: Experiment) -> Container:
    """The primary container of a trial, with some value of each parameter.

    Raises:
        InputError: The template cannot run here, or a value breaks it.
    """
    some = dict.fromkeys(ARCHITECTURE.get(experiment.algorithm.name, ()), "")
    some |= {each.name: each.space.min or each.space.list[0] for each in experiment.parameters}
    return container(experiment, experiment.name, some)


def deadline(job: Mapping[str, Any], pod: Mapping[str, Any]) -> Deadline | None:
    """The deadline of a trial, the shorter one where both specs have one.

    Args:
        job: The Job's spec.
        pod: Its pod's.

    Raises:
        InputError: A field is not a number of seconds.
    """
    found: list[Deadline] = []
    if job.get(_DEADLINE) is not None:
        found.append(Deadline(_seconds(job[_DEADLINE], "spec"), "Job"))
    if pod.get(_DEADLINE) is not None:
        found.append(Deadline(_seconds(pod[_DEADLINE], "spec.template.spec"), "Pod"))
    return min(found, key=lambda each: each.seconds, default=None)


def _seconds(value: Any, path: str) -> int:
    if type(value) is not int or not 0 <= value < _LONGEST:
        raise InputError(
            f"The trial's {path}.{_DEADLINE} is {value!r}: Kubernetes takes a whole number of seconds, 0 or "
            "more."
        )
    return value


def _value(
    experiment: Experiment, parameter: TrialParameter, trial: str, assignments: Mapping[str, str]
) -> str:
    """The value of a trialParameter: that of a search parameter, or some of the trial's own metadata."""
    wanted, spec = meta(parameter.reference), experiment.trial_template.spec or {}
    if not wanted:
        return assignments[parameter.reference]
    if wanted.item:  # a label or an annotation, which are those of the template itself
        return str(spec["metadata"][wanted.key.lower()][wanted.item])
    own = {"Name": trial, "Namespace": experiment.namespace}
    return str((own | {"Kind": spec.get("kind"), "APIVersion": spec.get("apiVersion")})[wanted.key])


def _job(experiment: Experiment, trial: str, assignments: Mapping[str, str]) -> Manifest:
    spec = experiment.trial_template.spec
    if spec is not None and is_job(spec):
        return trial_spec(experiment, trial, assignments)
    other = f" of {spec.get('apiVersion')!r}" if spec and spec.get("kind") == "Job" else ""
    kind = "a ConfigMap" if spec is None else f"a {spec.get('kind')}{other}"
    raise InputError(
        f"Experiment '{experiment.name}': its trial template is {kind}; the local engine runs an inline "
        "batch/v1 Job. Write the trial as a Job, or use the engine 'katib'."
    )


def _unused(job: Mapping[str, Any], pod: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    yield from (key for key in found if key not in _USED)
    yield from (f"env {each['name']} (valueFrom)" for each in found.get("env") or [] if "valueFrom" in each)
    yield from (f"container '{each.get('name')}'" for each in pod["containers"] if each is not found)
    yield from (key for key in pod if key not in ("containers", _DEADLINE))
    yield from (key for key in job if key not in ("template", _DEADLINE))
    yield from (key for key in job["template"].get("metadata") or {})
