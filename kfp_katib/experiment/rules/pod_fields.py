# SPDX-License-Identifier: Apache-2.0
"""The fields of a trial's Job and pod: what Kubernetes refuses in them, and what makes a bad trial."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from kfp_katib.experiment.pods import ISTIO_LABEL, keeps_istio_out
from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.rules.paths import Part, items, part, texts
from kfp_katib.experiment.rules.pod_tables import CHOICES, NAMES, NEEDED, ONE_OF, RANGES
from kfp_katib.experiment.rules.rule import rule, several
from kfp_katib.experiment.rules.view import TRIAL_SPEC, View
from kfp_katib.experiment.schema import object_types

T = TypeVar("T")
Misplaced = Iterator[tuple[str, str, str]]
"""Which field, what we saw, and what to do."""

_PROBES = ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe")
_COUNT_OF_VALUES = {
    **dict.fromkeys(("DoesNotExist", "Exists"), "none"),
    **dict.fromkeys(("Gt", "Lt"), "one"),
    **dict.fromkeys(("In", "NotIn"), "one at least"),
}


@rule("job-choice-unknown")
def job_choice_unknown(view: View) -> Iterator[Finding]:
    """Kubernetes does not know this value of a field: the Job of every trial is refused."""
    for path, name, value, known in _valued(view, CHOICES):
        if isinstance(value, str) and value not in known and "${" not in value:
            fix = f"Write one of {', '.join(filter(None, known))}."
            yield Finding(path, f"{name} is '{value[:80]}'.", fix, value)


@rule("job-number-out-of-range")
def job_number_out_of_range(view: View) -> Iterator[Finding]:
    """A number is less or more than Kubernetes takes: the Job of every trial is refused."""
    for path, name, value, (least, most) in _valued(view, RANGES):
        if isinstance(value, int) and not isinstance(value, bool) and not least <= value <= most:
            fix = f"Write {least} to {most}." if most < 2**31 - 1 else f"Write at least {least}."
            fix = fix if value < least or most < 2**31 - 1 else f"Write at most {most}."
            yield Finding(path, f"{name} is {value}.", fix, value)


@rule("job-text-invalid")
def job_text_invalid(view: View) -> Iterator[Finding]:
    """A name or path is not what Kubernetes takes there: the Job of every trial is refused."""
    for path, name, value, (pattern, fix) in _valued(view, NAMES):
        given = isinstance(value, str) and value and "${" not in value
        if given and not re.fullmatch(pattern, value, re.DOTALL):
            yield Finding(path, f"{name} is {value[:80]!r}.", fix, value)


@rule("job-field-empty")
def job_field_empty(view: View) -> Iterator[Finding]:
    """A field that Kubernetes needs is empty or missing: the Job of every trial is refused."""
    for path, kind, found in typed(view):
        for name in NEEDED.get(kind, "").split():
            value = found.get(name)
            missing = name not in found and name in object_types()[kind].required  # another rule reports it
            if value in (None, "", []) and not missing:
                yield Finding(f"{path}.{name}", f"{name} is empty or missing.", f"Give the {name}.", value)


@rule("job-fields-exclusive")
def job_fields_exclusive(view: View) -> Iterator[Finding]:
    """Of these fields Kubernetes takes one: the Job of every trial is refused."""
    for path, kind, found in typed(view):
        least, listed = ONE_OF.get(kind, (0, ""))
        names = set(found) - {"name"} if kind == "Volume" else set(listed.split())
        given = sorted(name for name in names if found.get(name) not in (None, ""))
        if len(given) > 1:
            yield Finding(path, f"It has {' and '.join(given)}.", "Keep one of them.", given)
        elif len(given) < least:
            yield Finding(path, "It has no source.", f"Give one of {', '.join(sorted(names))}.")


@rule("job-field-misplaced")
def job_field_misplaced(view: View) -> Iterator[Finding]:
    """A field does not go with what stands beside it: Kubernetes refuses the Job of every trial."""
    for path, kind, found in typed(view):
        for where, message, fix in _MISPLACED.get(kind, _nothing)(found, path):
            yield Finding(f"{path}.{where}" if where else path, message, fix, found.get(where))


def _nothing(found: Part, path: str) -> Misplaced:
    return iter(())


def _in_container(found: Part, path: str) -> Misplaced:
    first = ".initContainers[" in path
    policy = found.get("restartPolicy")
    for name in several(name for _, name in texts(found, "ports[].name") if name):
        yield "ports", f"Two ports have the name '{name}'.", "Rename one of them."
    for name in _PROBES if first and policy != "Always" else ():
        if found.get(name) is not None:
            yield name, f"An init container has no {name}.", "Remove it."


def _in_toleration(found: Part, path: str) -> Misplaced:
    if found.get("operator") == "Exists" and found.get("value"):
        yield "value", "operator is Exists, which asks for no value.", "Remove the value."
    if not found.get("key") and found.get("operator") != "Exists":
        yield "key", "There is no key.", "Give the key, or write operator: Exists."
    if found.get("tolerationSeconds") is not None and found.get("effect") != "NoExecute":
        yield "effect", f"effect is {found.get('effect')!r}.", "With tolerationSeconds it is NoExecute."


def _in_security(found: Part, path: str) -> Misplaced:
    if found.get("allowPrivilegeEscalation") is False:
        added = items(part(found, "capabilities"), "add")
        if found.get("privileged") is True:
            yield "allowPrivilegeEscalation", "privileged is true.", "Remove one of the two."
        elif "CAP_SYS_ADMIN" in added:
            yield "allowPrivilegeEscalation", "The capability CAP_SYS_ADMIN is added.", "Remove one of them."


def _in_job(found: Part, path: str) -> Misplaced:
    labels = part(found, "template", "metadata", "labels")
    wanted = part(found, "selector", "matchLabels")
    if any(labels.get(key) != value for key, value in wanted.items()):
        yield (
            "selector",
            "The selector does not match the template's labels.",
            "Remove it: Kubernetes makes one.",
        )
    for name in ("backoffLimitPerIndex", "maxFailedIndexes", "successPolicy"):
        if found.get(name) is not None and found.get("completionMode") != "Indexed":
            yield name, f"completionMode is not Indexed, which {name} needs.", "Remove it."
    policy = part(found, "template", "spec").get("restartPolicy")
    if found.get("podFailurePolicy") and policy != "Never":
        yield "podFailurePolicy", f"restartPolicy is {policy}.", "With podFailurePolicy write Never."
    if found.get("podFailurePolicy") and found.get("podReplacementPolicy") == "TerminatingOrFailed":
        yield "podReplacementPolicy", "There is a podFailurePolicy.", "Write Failed."


def _in_mount(found: Part, path: str) -> Misplaced:
    if found.get("recursiveReadOnly") in ("Enabled", "IfPossible") and found.get("readOnly") is not True:
        yield "recursiveReadOnly", "readOnly is not true.", "Write readOnly: true as well."


def _in_seccomp(found: Part, path: str) -> Misplaced:
    local, profile = found.get("type") == "Localhost", found.get("localhostProfile")
    if local is not bool(profile):
        fix = "Give it." if local else "Remove it, or write type: Localhost."
        yield "localhostProfile", f"type is {found.get('type')}.", fix


def _in_expression(found: Part, path: str) -> Misplaced:
    operator, count = found.get("operator"), len(items(found, "values"))
    wanted = _COUNT_OF_VALUES.get(str(operator))
    right = {"none": count == 0, "one": count == 1, "one at least": count > 0}.get(str(wanted), True)
    if not right:
        yield "values", f"{operator} has {count} values.", f"Give {wanted}."


def _in_probe(found: Part, path: str) -> Misplaced:
    threshold = found.get("successThreshold")
    if not path.endswith(".readinessProbe") and isinstance(threshold, int) and threshold > 1:
        yield "successThreshold", f"successThreshold is {threshold}.", "Write 1: only readinessProbe counts."


def _in_pod(found: Part, path: str) -> Misplaced:
    if found.get("ephemeralContainers"):
        yield "ephemeralContainers", "A template has no ephemeralContainers.", "Remove them."
    if found.get("dnsPolicy") == "None" and not items(part(found, "dnsConfig"), "nameservers"):
        yield "dnsConfig", "dnsPolicy is None.", "Give dnsConfig.nameservers."


_MISPLACED: Mapping[str, Callable[[Part, str], Misplaced]] = {
    "Container": _in_container,
    "JobSpec": _in_job,
    "LabelSelectorRequirement": _in_expression,
    "NodeSelectorRequirement": _in_expression,
    "PodSpec": _in_pod,
    "Probe": _in_probe,
    "SeccompProfile": _in_seccomp,
    "SecurityContext": _in_security,
    "Toleration": _in_toleration,
    "VolumeMount": _in_mount,
}


@rule("restart-policy-invalid")
def restart_policy_invalid(view: View) -> Iterator[Finding]:
    """Kubernetes refuses a Job whose pods restart always, which is the default: no trial starts."""
    for path, pod in view.pods if view.job else []:
        policy = part(pod, "spec").get("restartPolicy")
        if policy not in ("Never", "OnFailure"):
            message = f"restartPolicy is {policy}." if policy else "restartPolicy is missing: that is Always."
            yield Finding(f"{path}.spec.restartPolicy", message, "Write `restartPolicy: Never`.", policy)


@rule("backoff-limit", severity="warning", engine="katib")
def backoff_limit(view: View) -> Iterator[Finding]:
    """A crashing trial is run again, six times by Kubernetes' default, before it counts as failed."""
    given = view.job.get("backoffLimit")
    message = "backoffLimit is not set." if given is None else f"backoffLimit is {given}."
    if view.job and (given is None or given > 0):
        yield Finding(f"{TRIAL_SPEC}.spec.backoffLimit", message, "Set it to 0.", given)


@rule("istio-label-missing", severity="warning", engine="katib")
def istio_label_missing(view: View) -> Iterator[Finding]:
    """With Istio's sidecar a trial never ends; `render` adds the label that keeps it out."""
    for path, pod in view.pods:
        if not keeps_istio_out(pod):
            fix = f'Add the label {ISTIO_LABEL}: "false"; `render` does.'
            yield Finding(f"{path}.metadata.labels", f"The pod has no label {ISTIO_LABEL}.", fix)


def _valued(view: View, table: Mapping[str, Mapping[str, T]]) -> Iterator[tuple[str, str, Any, T]]:
    """Path, name and value of every field that the table knows, with what the table says about it."""
    for path, kind, found in typed(view):
        for name, wanted in table.get(kind, {}).items():
            if found.get(name) is not None:
                yield f"{path}.{name}", name, found[name], wanted


def typed(view: View) -> Iterator[tuple[str, str, Part]]:
    """Every object of the trial whose type Kubernetes knows: its path, the type's name, and itself."""
    if view.job:
        yield from _objects(view.job, "JobSpec", f"{TRIAL_SPEC}.spec")
    else:
        for path, pod in view.pods:
            yield from _objects(pod, "PodTemplateSpec", path)


def _objects(value: object, kind: str, path: str) -> Iterator[tuple[str, str, Part]]:
    known = object_types().get(kind)
    if known and isinstance(value, Mapping):
        yield path, kind, value
        for name, field in known.fields.items():
            if name in value:
                yield from _objects(value[name], field, f"{path}.{name}")
    elif kind[0] == "[" and isinstance(value, list):
        for i, item in enumerate(value):
            yield from _objects(item, kind[1:-1], f"{path}[{i}]")
