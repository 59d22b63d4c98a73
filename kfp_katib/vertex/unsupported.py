# SPDX-License-Identifier: Apache-2.0
"""What of a manifest Vertex AI cannot run, and what it does otherwise than Katib.

The limits of a study are those of https://cloud.google.com/vertex-ai/docs/reference/rest/v1/StudySpec, the
container's those of https://cloud.google.com/vertex-ai/docs/reference/rest/v1/CustomJobSpec. How many trials
and parameters a study may have is written in neither; Vertex AI itself refuses too many.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kfp_katib.experiment.defaults import JOB_CONDITIONS, RESUME_POLICY
from kfp_katib.experiment.model import Experiment
from kfp_katib.experiment.problem import Finding, Problem, Rule
from kfp_katib.experiment.schema import is_job
from kfp_katib.trial.metrics import COLLECTORS
from kfp_katib.trial.template import any_container
from kfp_katib.vertex import machine as machines
from kfp_katib.vertex import space
from kfp_katib.vertex.machine import Machine

RULE = Rule("not-on-vertex", "Vertex AI cannot run it.")
_OWN = "ALGORITHM_UNSPECIFIED"
ALGORITHMS = {
    "random": "RANDOM_SEARCH",
    "grid": "GRID_SEARCH",
    **dict.fromkeys(("tpe", "multivariate-tpe", "bayesianoptimization"), _OWN),
}
"""Katib's algorithms, each with Vertex AI's; where that is unspecified, Vertex AI takes its own."""

MOST_VARIABLES = 100
"""Of a ContainerSpec, whose variables' names must be C identifiers, in the reference above."""

_TRIAL = "spec.trialTemplate.trialSpec"
_POD = f"{_TRIAL}.spec.template.spec"
_UNMOUNTED = (
    "Take it out: data and models are files below /gcs/<bucket>, and the rest belongs into the image."
)
_NOT_MAPPED = {
    "volumes": _UNMOUNTED,
    "volumeMounts": _UNMOUNTED,
    "volumeDevices": _UNMOUNTED,
    "initContainers": "Do its work in the image or in the command.",
    "envFrom": "Write the variables into env, or have the script read Secret Manager.",
}
_SILENT = ("image", "restartPolicy", "backoffLimit", "labels", "annotations")
"""Fields of a Job that are used after all, or mean nothing where no pod is."""

_VARYING = "${trialParameters."


def refusals(experiment: Experiment, machine: Machine) -> list[Problem]:
    """What cannot run, all at once."""
    found = [*_search(experiment), *_measurement(experiment), *_trial(experiment, machine)]
    for index, parameter in enumerate(experiment.parameters):
        found += space.misfits(parameter, f"spec.parameters[{index}]")
    return [RULE.problem(finding) for finding in found]


def notes(experiment: Experiment) -> tuple[str, ...]:
    """What of an Experiment without refusals is otherwise on Vertex AI, one sentence each."""
    return tuple(_notes(experiment))


def _notes(experiment: Experiment) -> Iterator[str]:
    algorithm, objective, stopping = experiment.algorithm, experiment.objective, experiment.early_stopping
    if ALGORITHMS[algorithm.name] == _OWN:
        yield f"Vertex AI has no {algorithm.name}: its own Bayesian optimization suggests the values."
    if algorithm.settings:
        yield f"algorithmSettings has no effect on Vertex AI: {', '.join(algorithm.settings)}."
    if objective.goal is not None:
        yield (
            f"Vertex AI has no goal: all {experiment.max_trial_count} trials run, whether or not "
            f"{objective.metric} reaches {objective.goal:g}."
        )
    if experiment.max_failed_trial_count is not None:
        yield (
            f"Vertex AI may count a trial whose {objective.metric} is not a number towards "
            f"maxFailedTrialCount ({experiment.max_failed_trial_count}); Katib does not."
        )
    for name in [each.name for each in experiment.parameters if space.repeats(each)]:
        yield f"The list of {name} has a value more than once; Vertex AI tries it no more often for that."
    if stopping:
        yield f"Vertex AI has no {stopping.name}: trials run to their end."
    if objective.additional:
        yield f"Vertex AI does not show {', '.join(objective.additional)}; each trial's own record has them."
    if experiment.resume_policy != RESUME_POLICY:
        yield f"resumePolicy {experiment.resume_policy} has no effect: a tuning job cannot be resumed."
    template = experiment.trial_template
    if (template.success_condition, template.failure_condition) != JOB_CONDITIONS:
        yield "A trial's exit code decides whether it failed, not successCondition and failureCondition."
    if unused := _unused(experiment):
        yield f"Without effect, since a trial has a machine and no pod: {', '.join(unused)}."


def _unused(experiment: Experiment) -> list[str]:
    """The fields of the Job that have no meaning on Vertex AI."""
    unused = any_container(experiment).unused
    if not machines.other_resources(primary_container(experiment)):
        unused = tuple(name for name in unused if name != "resources")
    return [name for name in dict.fromkeys(unused) if name not in _SILENT]


def _search(experiment: Experiment) -> Iterator[Finding]:
    name = experiment.algorithm.name
    if name not in ALGORITHMS:
        fix = f"Take one of {', '.join(ALGORITHMS)}, in the manifest or by overrides.algorithm."
        yield Finding("spec.algorithm.algorithmName", f"Vertex AI has no {name!r}.", fix, name)
    if not experiment.parameters:
        yield Finding(
            "spec.nasConfig", "Vertex AI searches no neural architectures.", "Give spec.parameters."
        )
    if experiment.max_trial_count is None:
        message = "It is missing; a tuning job needs to know how many trials to run."
        yield Finding("spec.maxTrialCount", message, "Give it, or overrides.max_trials.")


def _measurement(experiment: Experiment) -> Iterator[Finding]:
    metric, kind = experiment.objective.metric, experiment.collector.kind
    if re.search(r"\s", metric):
        field, message = "spec.objective.objectiveMetricName", f"{metric!r} holds white space."
        yield Finding(field, message, "Take it out: Vertex AI allows none in a metric's name.", metric)
    if kind not in COLLECTORS:
        message = f"{kind!r} is Katib's own; a trial on Vertex AI has {', '.join(COLLECTORS)}."
        yield Finding("spec.metricsCollectorSpec.collector.kind", message, "Take one of these.", kind)


def _trial(experiment: Experiment, machine: Machine) -> Iterator[Finding]:
    template = experiment.trial_template
    if template.spec is None:
        message = "The template is in a ConfigMap, which Vertex AI cannot read."
        yield Finding("spec.trialTemplate.configMap", message, "Write it into the manifest, as trialSpec.")
    elif not is_job(template.spec):
        kind = f"{template.spec.get('kind')} of {template.spec.get('apiVersion')!r}"
        message = f"{kind} needs a cluster; a trial on Vertex AI is one container."
        yield Finding(_TRIAL, message, "Write the trial as a Job of batch/v1.", kind)
    else:
        yield from _pod(experiment, machine)


def _pod(experiment: Experiment, machine: Machine) -> Iterator[Finding]:
    pod, box = _pod_spec(experiment), primary_container(experiment)
    yield from _fields(pod, _POD)
    others = [each["name"] for each in pod["containers"] if each is not box]
    if others:
        message = f"{', '.join(others)} would run beside {box['name']!r}; a trial is one container."
        yield Finding(f"{_POD}.containers", message, "Leave the others out.", others)
    path = f"{_POD}.containers[{_primary(experiment)}]"
    yield from _container(box, path)
    yield from machines.misfits(machine, box, path)


def _fields(owner: Mapping[str, Any], path: str) -> Iterator[Finding]:
    for field in [field for field in owner if field in _NOT_MAPPED]:
        yield Finding(f"{path}.{field}", "A container on Vertex AI has none.", _NOT_MAPPED[field])


def _container(box: Mapping[str, Any], path: str) -> Iterator[Finding]:
    yield from _fields(box, path)
    if not box.get("command"):
        message = f"Container {box['name']!r} has no command, and the image's own is not known here."
        yield Finding(f"{path}.command", message, "Write the command into the manifest.")
    if _VARYING in box["image"]:
        message = f"It is {box['image']!r}; all trials have one image."
        yield Finding(f"{path}.image", message, "Write one without a placeholder.", box["image"])
    yield from _variables(box.get("env") or [], f"{path}.env")


def _variables(env: list[Mapping[str, Any]], path: str) -> Iterator[Finding]:
    for index, variable in enumerate(env):
        name = variable["name"]
        if "valueFrom" in variable:
            message = f"{name} comes from a Secret, a ConfigMap or the pod, which are not there."
            fix = "Write its value, or have the script read Secret Manager."
            yield Finding(f"{path}[{index}].valueFrom", message, fix, name)
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            fix = "Rename it: Vertex AI takes letters, digits and underscores."
            yield Finding(f"{path}[{index}].name", f"The name is {name!r}.", fix, name)
    if len(env) > MOST_VARIABLES:
        message = f"There are {len(env)} variables; Vertex AI takes {MOST_VARIABLES}."
        yield Finding(path, message, "Put some into the image, or into one file.", len(env))


def primary_container(experiment: Experiment) -> dict[str, Any]:
    """The container that trains, in the template of an inline Job."""
    containers = _pod_spec(experiment)["containers"]
    found: dict[str, Any] = containers[_primary(experiment)]
    return found


def _pod_spec(experiment: Experiment) -> Mapping[str, Any]:
    spec: Mapping[str, Any] = (experiment.trial_template.spec or {})["spec"]["template"]["spec"]
    return spec


def _primary(experiment: Experiment) -> int:
    names = [each["name"] for each in _pod_spec(experiment)["containers"]]
    return names.index(experiment.trial_template.primary_container)
