# SPDX-License-Identifier: Apache-2.0
"""The trial template: where it lies, what Katib adds to it, and what a Kubernetes Job must say."""

from __future__ import annotations

from collections.abc import Iterator

from kfp_katib.experiment.pods import ISTIO_LABEL, keeps_istio_out
from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.rules.mounts import containers_of
from kfp_katib.experiment.rules.rule import rule
from kfp_katib.experiment.rules.view import TEMPLATE, TRIAL_SPEC, View, part


@rule("template-missing", webhook=True)
def template_missing(view: View) -> Iterator[Finding]:
    """There is no trialTemplate."""
    if "trialTemplate" not in view.spec:
        yield Finding(TEMPLATE, "spec.trialTemplate is missing.", "Say how one trial runs.")


@rule("primary-container-missing", webhook=True)
def primary_container_missing(view: View) -> Iterator[Finding]:
    """`primaryContainerName` is missing; Katib has no default for it."""
    if "trialTemplate" in view.spec and not view.template.get("primaryContainerName"):
        path = f"{TEMPLATE}.primaryContainerName"
        yield Finding(path, "primaryContainerName is missing.", "Name the container that trains.")


@rule("conditions-missing", webhook=True)
def conditions_missing(view: View) -> Iterator[Finding]:
    """Katib cannot tell when a trial of this kind is done."""
    for name in ("successCondition", "failureCondition"):
        has_source = "trialSpec" in view.template or "configMap" in view.template
        if has_source and not view.template.get(name):
            kind = view.kind[1] or "a template in a ConfigMap"
            message = f"{name} is missing, and Katib has no default for {kind}."
            yield Finding(f"{TEMPLATE}.{name}", message, "Write a GJSON expression on the object's status.")


@rule("trial-source-missing", webhook=True)
def trial_source_missing(view: View) -> Iterator[Finding]:
    """The template has neither trialSpec nor configMap."""
    if "trialTemplate" in view.spec and not {"trialSpec", "configMap"} & set(view.template):
        yield Finding(TRIAL_SPEC, "There is neither trialSpec nor configMap.", "Add one of them.")


@rule("trial-source-ambiguous", webhook=True)
def trial_source_ambiguous(view: View) -> Iterator[Finding]:
    """The template has both trialSpec and configMap."""
    if {"trialSpec", "configMap"} <= set(view.template):
        yield Finding(f"{TEMPLATE}.configMap", "There is a trialSpec as well.", "Remove one of the two.")


@rule("config-map-incomplete", webhook=True)
def config_map_incomplete(view: View) -> Iterator[Finding]:
    """The reference to a ConfigMap is incomplete."""
    source = view.template.get("configMap")
    for name in ("configMapName", "configMapNamespace", "templatePath"):
        if source is not None and not source.get(name):
            yield Finding(f"{TEMPLATE}.configMap.{name}", f"{name} is missing.", "Add it.")


@rule("template-named", webhook=True)
def template_named(view: View) -> Iterator[Finding]:
    """The template names itself; name and namespace are the trial's."""
    metadata = part(view.trial_spec, "metadata")
    for name in ("name", "namespace"):
        if metadata.get(name):
            yield Finding(f"{TRIAL_SPEC}.metadata.{name}", f"{name} is '{metadata[name]}'.", "Remove it.")


@rule("template-without-kind", webhook=True)
def template_without_kind(view: View) -> Iterator[Finding]:
    """The template says not what it is."""
    for name, value in zip(("apiVersion", "kind"), view.kind, strict=True):
        if "trialSpec" in view.template and not value:
            yield Finding(f"{TRIAL_SPEC}.{name}", f"{name} is missing.", "For a Job: batch/v1 and Job.")


@rule("primary-container-unknown")
def primary_container_unknown(view: View) -> Iterator[Finding]:
    """No container has the name primaryContainerName; every trial would stay Running for ever."""
    name = view.template.get("primaryContainerName")
    names = sorted({str(container.get("name")) for _, container in view.containers})
    if name and names and not view.primaries:
        fix = f"Write {' or '.join(names)}."
        yield Finding(f"{TEMPLATE}.primaryContainerName", f"There is no container '{name}'.", fix, name)


@rule("container-beside", severity="warning")
def container_beside(view: View) -> Iterator[Finding]:
    """Katib reads metrics when every process of the pod has ended, those of other containers too."""
    training = {path.rpartition("[")[0] for path, _ in view.primaries}
    for path, container in view.containers:
        name = container.get("name")
        if path.rpartition("[")[0] in training and name != view.template.get("primaryContainerName"):
            fix = "Make sure that it ends with the training, or make it an init container."
            yield Finding(path, f"The container '{name}' runs beside the training.", fix, name)


@rule("image-missing")
def image_missing(view: View) -> Iterator[Finding]:
    """A container has no image; Kubernetes refuses its pod."""
    for path, container in view.containers:
        if not container.get("image"):
            yield Finding(
                f"{path}.image", f"The container '{container.get('name')}' has no image.", "Name it."
            )


@rule("image-blanks")
def image_blanks(view: View) -> Iterator[Finding]:
    """An image's name begins or ends with a blank: Kubernetes takes the Job, and refuses its pod."""
    for path, pod in view.pods:
        for where, container in containers_of(path, pod):
            image = container.get("image")
            if isinstance(image, str) and image != image.strip():
                yield Finding(f"{where}.image", f"The image is {image!r}.", "Remove the blanks.", image)


@rule("restart-policy-invalid")
def restart_policy_invalid(view: View) -> Iterator[Finding]:
    """Kubernetes refuses a Job whose pods restart always, which is the default: no trial starts."""
    for path, pod in view.pods if view.job else []:
        policy = part(pod, "spec").get("restartPolicy", "Always")
        if policy not in ("Never", "OnFailure"):
            yield Finding(f"{path}.spec.restartPolicy", f"restartPolicy is {policy}.", "Write Never.", policy)


@rule("restart-policy-retries", severity="warning")
def restart_policy_retries(view: View) -> Iterator[Finding]:
    """With OnFailure a crashed training starts again in the same pod, and its metrics are mixed."""
    for path, pod in view.pods if view.job else []:
        if part(pod, "spec").get("restartPolicy") == "OnFailure":
            yield Finding(f"{path}.spec.restartPolicy", "restartPolicy is OnFailure.", "Write Never.")


@rule("backoff-limit", severity="warning")
def backoff_limit(view: View) -> Iterator[Finding]:
    """A crashing trial is run again, six times by Kubernetes' default, before it counts as failed."""
    given = view.job.get("backoffLimit")
    message = "backoffLimit is not set." if given is None else f"backoffLimit is {given}."
    if view.job and (given is None or given > 0):
        yield Finding(f"{TRIAL_SPEC}.spec.backoffLimit", message, "Set it to 0.", given)


@rule("job-several-pods", severity="warning")
def job_several_pods(view: View) -> Iterator[Finding]:
    """A trial of several pods reports every metric several times."""
    for name in ("completions", "parallelism"):
        count = view.job.get(name, 1)
        if count > 1:
            yield Finding(f"{TRIAL_SPEC}.spec.{name}", f"{name} is {count}.", "Set it to 1.", count)


@rule("job-suspended")
def job_suspended(view: View) -> Iterator[Finding]:
    """A suspended Job never starts, and Katib never resumes it."""
    if view.job.get("suspend") is True:
        yield Finding(f"{TRIAL_SPEC}.spec.suspend", "The Job is suspended.", "Remove suspend.")


@rule("job-vanishes", severity="warning")
def job_vanishes(view: View) -> Iterator[Finding]:
    """A Job that removes itself may be gone before Katib has seen its end."""
    seconds = view.job.get("ttlSecondsAfterFinished")
    if seconds is not None and seconds < 300:
        message = f"ttlSecondsAfterFinished is {seconds}."
        yield Finding(
            f"{TRIAL_SPEC}.spec.ttlSecondsAfterFinished", message, "Remove it: Katib cleans up.", seconds
        )


@rule("istio-label-missing", severity="warning")
def istio_label_missing(view: View) -> Iterator[Finding]:
    """With Istio's sidecar a trial never ends; `render` adds the label that keeps it out."""
    for path, pod in view.pods:
        if not keeps_istio_out(pod):
            fix = f'Add the label {ISTIO_LABEL}: "false"; `render` does.'
            yield Finding(f"{path}.metadata.labels", f"The pod has no label {ISTIO_LABEL}.", fix)
