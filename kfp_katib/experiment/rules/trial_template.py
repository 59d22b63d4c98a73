# SPDX-License-Identifier: Apache-2.0
"""The trial template: its kind, what Katib adds to it, and how a search parameter's value gets into it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kfp_katib.experiment.choices import closest
from kfp_katib.experiment.placeholders import OPTIONS, suggestion, used
from kfp_katib.experiment.pods import REPLICAS, TRAINING_API_VERSION
from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.rules.rule import rule
from kfp_katib.experiment.rules.view import TEMPLATE, TRIAL_SPEC, View
from kfp_katib.experiment.schema import JOB

_TRAIN_JOB = ("trainer.kubeflow.org/v1alpha1", "TrainJob")
_SHIPPED = {JOB, _TRAIN_JOB, *((TRAINING_API_VERSION, kind) for kind in REPLICAS)}
_VERSIONS = {kind: version for version, kind in _SHIPPED}
_API_VERSION = re.compile(r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?v[0-9]+((alpha|beta)[0-9]+)?")
_TYPO = 2  # letters more or less; a CronJob is something else
_OTHERS = {
    ("kubeflow.org/v1alpha1", "MPIJob"),
    ("kubeflow.org/v1alpha2", "MPIJob"),
    ("kubeflow.org/v2beta1", "MPIJob"),
}
"""Versions of a known kind that a separate operator has or had."""


@rule("template-without-kind", webhook=True)
def template_without_kind(view: View) -> Iterator[Finding]:
    """The template says not what it is."""
    spec = view.template.get("trialSpec")
    lost = [name for name, text in zip(("apiVersion", "kind"), view.kind, strict=True) if not text]
    if spec is not None and lost:
        message = f"{' and '.join(lost)} {'is' if len(lost) == 1 else 'are'} missing."
        fix = f"For a Job write `apiVersion: {JOB[0]}` and `kind: {JOB[1]}`."
        yield Finding(f"{TRIAL_SPEC}.{lost[0]}", message, fix)


@rule("conditions-missing", webhook=True)
def conditions_missing(view: View) -> Iterator[Finding]:
    """Katib cannot tell when a trial of this kind is done."""
    has_source = "trialSpec" in view.template or "configMap" in view.template
    lost = [name for name in ("successCondition", "failureCondition") if not view.template.get(name)]
    if has_source and lost:
        kind = view.kind[1] or "a template in a ConfigMap"
        be = "is" if len(lost) == 1 else "are"
        message = f"{' and '.join(lost)} {be} missing, and Katib has no default for {kind}."
        fix = f"Write {'it' if len(lost) == 1 else 'both'} as GJSON on the object's status."
        yield Finding(f"{TEMPLATE}.{lost[0]}", message, fix)


@rule("primary-container-unknown")
def primary_container_unknown(view: View) -> Iterator[Finding]:
    """No container has the name primaryContainerName; every trial would stay Running for ever."""
    name = view.template.get("primaryContainerName")
    names = sorted({str(container.get("name") or "") for _, container in view.containers})
    if name and names and not view.primaries:
        fix = f"Write {' or '.join(names)}." if all(names) else "Give the container that name."
        yield Finding(f"{TEMPLATE}.primaryContainerName", f"There is no container '{name}'.", fix, name)


@rule("container-beside", severity="warning", engine="katib")
def container_beside(view: View) -> Iterator[Finding]:
    """Katib reads metrics when every process of the pod has ended, those of other containers too."""
    training = {path.rpartition("[")[0] for path, _ in view.primaries}
    for path, container in view.containers:
        name = container.get("name")
        if path.rpartition("[")[0] in training and name != view.template.get("primaryContainerName"):
            fix = "Make sure that it ends with the training, or make it an init container."
            yield Finding(path, f"The container '{name}' runs beside the training.", fix, name)


@rule("api-version-invalid")
def api_version_invalid(view: View) -> Iterator[Finding]:
    """The template's apiVersion is that of no kind, or not that of its kind: no trial can be created."""
    api_version, kind = view.kind
    right = _right_version(api_version, kind)
    if api_version and kind and (right or not _API_VERSION.fullmatch(api_version)):
        fix = f"Write {right or JOB[0]}." if right or kind == JOB[1] else "Write it as group/version."
        message = f"The apiVersion of the {kind} is {api_version!r}."
        yield Finding(f"{TRIAL_SPEC}.apiVersion", message, fix, api_version)


@rule("kind-misspelt")
def kind_misspelt(view: View) -> Iterator[Finding]:
    """The template's kind is no kind, but spelt almost like one: no trial can be created."""
    kind = view.kind[1]
    for known in _VERSIONS:
        almost = kind not in _VERSIONS and abs(len(kind) - len(known)) <= _TYPO
        near = almost and view.kind[0] == _VERSIONS[known] and closest(kind, [known])
        if kind != known and (near or kind.lower() in (known.lower(), f"{known.lower()}s")):
            yield Finding(f"{TRIAL_SPEC}.kind", f"The kind is '{kind}'.", f"Write {known}.", kind)


@rule("kind-not-enabled", severity="warning", engine="katib")
def kind_not_enabled(view: View) -> Iterator[Finding]:
    """Katib's shipped configuration does not watch trials of this kind; an administrator must add it."""
    api_version, kind = view.kind
    if not api_version or not kind or view.kind in _SHIPPED:
        return
    if not [*api_version_invalid.find(view), *kind_misspelt.find(view)]:
        message = f"Trials of kind {kind} ({api_version}) are not in Katib's shipped configuration."
        yield Finding(f"{TRIAL_SPEC}.kind", message, "Add it to trialResources in katib-config.", kind)


def _right_version(api_version: str, kind: str) -> str:
    """The right version of a known kind if the given one is another of its group, or of no real group.

    A group with a domain may have its own kind of the same name.
    """
    right = _VERSIONS.get(kind, "")
    group = api_version.rpartition("/")[0]
    ours = "." not in group or group in ("kubeflow.org", right.rpartition("/")[0])
    later = kind == _TRAIN_JOB[1] and group == right.rpartition("/")[0]  # the operator's next version
    return right if ours and not later and api_version != right and (api_version, kind) not in _OTHERS else ""


@rule("pipeline-placeholder-unknown")
def pipeline_placeholder_unknown(view: View) -> Iterator[Finding]:
    """There is no such `${pipeline...}` placeholder."""
    for name, path in used(view.manifest).items():
        if name not in OPTIONS:
            yield Finding(path, f"There is no ${{pipeline.{name}}}.", suggestion(name), name)
