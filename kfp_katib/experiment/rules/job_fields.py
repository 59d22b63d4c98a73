# SPDX-License-Identifier: Apache-2.0
"""Fields that exclude or need each other in a trial's Job or pod; Kubernetes refuses what breaks that."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.rules.job_values import typed
from kfp_katib.experiment.rules.repeats import several
from kfp_katib.experiment.rules.rule import rule
from kfp_katib.experiment.rules.view import View, items, part

Found = Mapping[str, Any]

ONE_OF: Mapping[str, tuple[frozenset[str], int]] = {
    "EnvVarSource": (
        frozenset({"configMapKeyRef", "fieldRef", "resourceFieldRef", "secretKeyRef", "fileKeyRef"}),
        1,
    ),
    "EnvFromSource": (frozenset({"configMapRef", "secretRef"}), 1),
    "Probe": (frozenset({"exec", "grpc", "httpGet", "tcpSocket"}), 1),
    "LifecycleHandler": (frozenset({"exec", "httpGet", "sleep", "tcpSocket"}), 1),
    "VolumeMount": (frozenset({"subPath", "subPathExpr"}), 0),
    "EnvVar": (frozenset({"value", "valueFrom"}), 0),
    "VolumeProjection": (
        frozenset({"clusterTrustBundle", "configMap", "downwardAPI", "secret", "serviceAccountToken"}),
        0,
    ),
}
"""Fields of a type of which one may stand, and how many must; a volume's sources are all but its name."""

PROBES = ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe")


@rule("job-fields-exclusive")
def job_fields_exclusive(view: View) -> Iterator[Finding]:
    """Of these fields Kubernetes takes one: the Job of every trial is refused."""
    for path, kind, found in typed(view):
        names, least = ONE_OF.get(kind, (frozenset(found) - {"name"} if kind == "Volume" else frozenset(), 0))
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


Misplaced = Iterator[tuple[str, str, str]]


def _nothing(found: Found, path: str) -> Misplaced:
    return iter(())


def _in_container(found: Found, path: str) -> Misplaced:
    first = ".initContainers[" in path
    policy = found.get("restartPolicy")
    names = [port.get("name") for port in items(found, "ports") if isinstance(port, Mapping)]
    for name in several([name for name in names if isinstance(name, str) and name]):
        yield "ports", f"Two ports have the name '{name}'.", "Rename one of them."
    for name in PROBES if first and policy != "Always" else ():
        if found.get(name) is not None:
            yield name, f"An init container has no {name}.", "Remove it."


def _in_toleration(found: Found, path: str) -> Misplaced:
    if found.get("operator") == "Exists" and found.get("value"):
        yield "value", "operator is Exists, which asks for no value.", "Remove the value."
    if not found.get("key") and found.get("operator") != "Exists":
        yield "key", "There is no key.", "Give the key, or write operator: Exists."
    if found.get("tolerationSeconds") is not None and found.get("effect") != "NoExecute":
        yield "effect", f"effect is {found.get('effect')!r}.", "With tolerationSeconds it is NoExecute."


def _in_security(found: Found, path: str) -> Misplaced:
    if found.get("allowPrivilegeEscalation") is False:
        added = items(part(found, "capabilities"), "add")
        if found.get("privileged") is True:
            yield "allowPrivilegeEscalation", "privileged is true.", "Remove one of the two."
        elif "CAP_SYS_ADMIN" in added:
            yield "allowPrivilegeEscalation", "The capability CAP_SYS_ADMIN is added.", "Remove one of them."


def _in_job(found: Found, path: str) -> Misplaced:
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


def _in_mount(found: Found, path: str) -> Misplaced:
    if found.get("recursiveReadOnly") in ("Enabled", "IfPossible") and found.get("readOnly") is not True:
        yield "recursiveReadOnly", "readOnly is not true.", "Write readOnly: true as well."


def _in_seccomp(found: Found, path: str) -> Misplaced:
    local, profile = found.get("type") == "Localhost", found.get("localhostProfile")
    if local is not bool(profile):
        fix = "Give it." if local else "Remove it, or write type: Localhost."
        yield "localhostProfile", f"type is {found.get('type')}.", fix


def _in_expression(found: Found, path: str) -> Misplaced:
    operator, count = found.get("operator"), len(items(found, "values"))
    wanted = _WANTED.get(str(operator))
    right = {"none": count == 0, "one": count == 1, "one at least": count > 0}.get(str(wanted), True)
    if not right:
        yield "values", f"{operator} has {count} values.", f"Give {wanted}."


_WANTED = {
    "DoesNotExist": "none",
    "Exists": "none",
    "Gt": "one",
    "In": "one at least",
    "Lt": "one",
    "NotIn": "one at least",
}


def _in_probe(found: Found, path: str) -> Misplaced:
    threshold = found.get("successThreshold")
    if not path.endswith(".readinessProbe") and isinstance(threshold, int) and threshold > 1:
        yield "successThreshold", f"successThreshold is {threshold}.", "Write 1: only readinessProbe counts."


def _in_pod(found: Found, path: str) -> Misplaced:
    if found.get("ephemeralContainers"):
        yield "ephemeralContainers", "A template has no ephemeralContainers.", "Remove them."
    if found.get("dnsPolicy") == "None" and not items(part(found, "dnsConfig"), "nameservers"):
        yield "dnsConfig", "dnsPolicy is None.", "Give dnsConfig.nameservers."


_MISPLACED: Mapping[str, Callable[[Found, str], Misplaced]] = {
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
