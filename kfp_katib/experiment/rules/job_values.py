# SPDX-License-Identifier: Apache-2.0
"""Values that Kubernetes refuses in a trial's Job or pod, although Katib's webhook lets them pass.

The tables follow Kubernetes 1.34's own validation (`pkg/apis/core/validation`, `pkg/apis/batch/validation`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.rules.rule import rule
from kfp_katib.experiment.rules.view import TRIAL_SPEC, View
from kfp_katib.experiment.schema import object_types

T = TypeVar("T")

CHOICES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("AppArmorProfile", "type"): ("Localhost", "RuntimeDefault", "Unconfined"),
    ("Container", "imagePullPolicy"): ("Always", "IfNotPresent", "Never"),
    ("Container", "terminationMessagePolicy"): ("File", "FallbackToLogsOnError"),
    ("ContainerPort", "protocol"): ("TCP", "UDP", "SCTP"),
    ("HTTPGetAction", "scheme"): ("HTTP", "HTTPS"),
    ("HostPathVolumeSource", "type"): (
        *("", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice"),
        "BlockDevice",
    ),
    ("JobSpec", "completionMode"): ("NonIndexed", "Indexed"),
    ("JobSpec", "podReplacementPolicy"): ("TerminatingOrFailed", "Failed"),
    ("LabelSelectorRequirement", "operator"): ("In", "NotIn", "Exists", "DoesNotExist"),
    ("NodeSelectorRequirement", "operator"): ("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"),
    ("PodOS", "name"): ("linux", "windows"),
    ("PodSecurityContext", "fsGroupChangePolicy"): ("Always", "OnRootMismatch"),
    ("PodSecurityContext", "supplementalGroupsPolicy"): ("Merge", "Strict"),
    ("PodSpec", "dnsPolicy"): ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
    ("PodSpec", "preemptionPolicy"): ("PreemptLowerPriority", "Never"),
    ("SeccompProfile", "type"): ("Localhost", "RuntimeDefault", "Unconfined"),
    ("SecurityContext", "procMount"): ("Default", "Unmasked"),
    ("Toleration", "effect"): ("", "NoSchedule", "PreferNoSchedule", "NoExecute"),
    ("Toleration", "operator"): ("", "Exists", "Equal"),
    ("ContainerResizePolicy", "restartPolicy"): ("NotRequired", "RestartContainer"),
    ("TopologySpreadConstraint", "nodeAffinityPolicy"): ("Honor", "Ignore"),
    ("TopologySpreadConstraint", "nodeTaintsPolicy"): ("Honor", "Ignore"),
    ("TopologySpreadConstraint", "whenUnsatisfiable"): ("DoNotSchedule", "ScheduleAnyway"),
    ("VolumeMount", "mountPropagation"): ("None", "HostToContainer", "Bidirectional"),
    ("VolumeMount", "recursiveReadOnly"): ("Disabled", "IfPossible", "Enabled"),
}
"""The only values of a field."""

_PORT = (1, 65535)
_ID = (0, 2**31 - 1)
_MODE = (0, 0o777)
_COUNT = (0, 2**63 - 1)  # more than 32 bits is another rule's affair
RANGES: Mapping[tuple[str, str], tuple[int, int]] = {
    **{("JobSpec", name): _COUNT for name in ("backoffLimit", "completions", "parallelism")},
    **{("JobSpec", name): _COUNT for name in ("activeDeadlineSeconds", "ttlSecondsAfterFinished")},
    ("PodSpec", "activeDeadlineSeconds"): (1, 2**31 - 1),
    ("ContainerPort", "containerPort"): _PORT,
    ("ContainerPort", "hostPort"): (0, 65535),
    **{(kind, name): _ID for kind in ("PodSecurityContext", "SecurityContext") for name in ("runAsUser",)},
    **{(kind, "runAsGroup"): _ID for kind in ("PodSecurityContext", "SecurityContext")},
    ("PodSecurityContext", "fsGroup"): _ID,
    ("KeyToPath", "mode"): _MODE,
    ("DownwardAPIVolumeFile", "mode"): _MODE,
    **{
        (kind, "defaultMode"): _MODE
        for kind in (
            *("ConfigMapVolumeSource", "DownwardAPIVolumeSource", "ProjectedVolumeSource"),
            "SecretVolumeSource",
        )
    },
    **{
        ("Probe", name): _COUNT
        for name in ("initialDelaySeconds", "periodSeconds", "timeoutSeconds", "failureThreshold")
    },
    ("Probe", "successThreshold"): _COUNT,
    ("Probe", "terminationGracePeriodSeconds"): (1, 2**63 - 1),
    ("HTTPGetAction", "port"): _PORT,
    ("TCPSocketAction", "port"): _PORT,
    ("GRPCAction", "port"): _PORT,
    ("TopologySpreadConstraint", "minDomains"): (1, 2**63 - 1),
    ("PreferredSchedulingTerm", "weight"): (1, 100),
    ("WeightedPodAffinityTerm", "weight"): (1, 100),
    ("TopologySpreadConstraint", "maxSkew"): (1, 2**63 - 1),
}
"""The least and the most of a number."""

_LABEL = (
    r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?",
    "Use at most 63 lower-case letters, digits and '-', a letter or digit at both ends.",
)
_PART = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = (
    rf"(?=.{{1,253}}$){_PART}(\.{_PART})*",
    "Use lower-case letters, digits, '-' and '.', a letter or digit at both ends.",
)
_PORT_NAME = (
    r"(?=.{1,15}$)(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]*[a-z0-9])?",
    "Use at most 15 lower-case letters, digits and single '-'.",
)
_VARIABLE = (r"[ -<>-~]+", "Use printable ASCII characters, without '='.")
_KEY = (r"(?!\.\.?$)(?!\.\.)[-._a-zA-Z0-9]{1,253}", "Use letters, digits, '-', '_' and '.'.")
_RELATIVE = (r"(?!/)(?!(.*/)?\.\.(/|$)).+", "Write a relative path without '..'.")
_INSIDE = (r"(?!/)(?!\.\.)(?!(.*/)\.\.(/|$)).+", "Write a relative path without '..'.")
_NO_STEP_BACK = (r"(?!(.*/)?\.\.(/|$)).+", "Write a path without '..'.")
NAMES: Mapping[tuple[str, str], tuple[str, str]] = {
    ("CSIVolumeSource", "driver"): _SUBDOMAIN,
    ("ConfigMapEnvSource", "name"): _SUBDOMAIN,
    ("ConfigMapKeySelector", "key"): _KEY,
    ("ContainerPort", "name"): _PORT_NAME,
    ("DownwardAPIVolumeFile", "path"): _INSIDE,
    ("EnvFromSource", "prefix"): _VARIABLE,
    ("EnvVar", "name"): _VARIABLE,
    ("HTTPGetAction", "port"): _PORT_NAME,
    ("HostPathVolumeSource", "path"): _NO_STEP_BACK,
    ("JobSpec", "managedBy"): (r"[^/]+\.[^/]*/.+|[^/]+/.+", "Write a domain, a slash and a name."),
    ("KeyToPath", "path"): _INSIDE,
    ("NFSVolumeSource", "path"): (r"/.*", "Write an absolute path."),
    ("ObjectFieldSelector", "fieldPath"): (
        r"metadata\.(name|namespace|uid|labels|annotations)|metadata\.(labels|annotations)\['[^']+'\]"
        r"|spec\.(nodeName|serviceAccountName)|status\.(hostIPs?|podIPs?)",
        "Write a field such as metadata.name or metadata.labels['app'].",
    ),
    **{
        ("PodSpec", name): _SUBDOMAIN
        for name in ("nodeName", "priorityClassName", "runtimeClassName", "serviceAccountName")
    },
    ("PodSpec", "hostname"): _LABEL,
    ("PodSpec", "subdomain"): _LABEL,
    ("ResourceFieldSelector", "resource"): (
        r"(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-.+)",
        "Write limits or requests of cpu, memory or ephemeral-storage.",
    ),
    ("SecretEnvSource", "name"): _SUBDOMAIN,
    ("SecretKeySelector", "key"): _KEY,
    ("TCPSocketAction", "port"): _PORT_NAME,
    ("Volume", "name"): _LABEL,
    ("VolumeDevice", "devicePath"): _NO_STEP_BACK,
    ("VolumeMount", "subPath"): _RELATIVE,
    ("VolumeMount", "subPathExpr"): _RELATIVE,
}
"""What a text must look like, and how to mend it."""

NEEDED: Mapping[str, tuple[str, ...]] = {
    "ConfigMapEnvSource": ("name",),
    "ConfigMapKeySelector": ("name", "key"),
    "ConfigMapVolumeSource": ("name",),
    "EnvVar": ("name",),
    "ExecAction": ("command",),
    "HostPathVolumeSource": ("path",),
    "KeyToPath": ("key", "path"),
    "NFSVolumeSource": ("path", "server"),
    "NodeSelector": ("nodeSelectorTerms",),
    "PersistentVolumeClaimVolumeSource": ("claimName",),
    "PodAffinityTerm": ("topologyKey",),
    "SecretEnvSource": ("name",),
    "SecretKeySelector": ("name", "key"),
    "SecretVolumeSource": ("secretName",),
    "TopologySpreadConstraint": ("topologyKey",),
    "VolumeMount": ("mountPath", "name"),
}
"""Fields that must be there and hold something, also where Kubernetes' model calls them optional."""


@rule("job-choice-unknown")
def job_choice_unknown(view: View) -> Iterator[Finding]:
    """Kubernetes does not know this value of a field: the Job of every trial is refused."""
    for path, name, value, known in _valued(view, _CHOICES):
        if isinstance(value, str) and value not in known and "${" not in value:
            fix = f"Write one of {', '.join(filter(None, known))}."
            yield Finding(path, f"{name} is '{value[:80]}'.", fix, value)


@rule("job-number-out-of-range")
def job_number_out_of_range(view: View) -> Iterator[Finding]:
    """A number is less or more than Kubernetes takes: the Job of every trial is refused."""
    for path, name, value, (least, most) in _valued(view, _RANGES):
        if isinstance(value, int) and not isinstance(value, bool) and not least <= value <= most:
            fix = f"Write {least} to {most}." if most < 2**31 - 1 else f"Write at least {least}."
            fix = fix if value < least or most < 2**31 - 1 else f"Write at most {most}."
            yield Finding(path, f"{name} is {value}.", fix, value)


@rule("job-text-invalid")
def job_text_invalid(view: View) -> Iterator[Finding]:
    """A name or path is not what Kubernetes takes there: the Job of every trial is refused."""
    for path, name, value, (pattern, fix) in _valued(view, _NAMES):
        given = isinstance(value, str) and value and "${" not in value
        if given and not re.fullmatch(pattern, value, re.DOTALL):
            yield Finding(path, f"{name} is {value[:80]!r}.", fix, value)


@rule("job-field-empty")
def job_field_empty(view: View) -> Iterator[Finding]:
    """A field that Kubernetes needs is empty or missing: the Job of every trial is refused."""
    for path, kind, found in typed(view):
        for name in NEEDED.get(kind, ()):
            value = found.get(name)
            missing = name not in found and name in object_types()[kind].required  # another rule's affair
            if value in (None, "", []) and not missing:
                yield Finding(f"{path}.{name}", f"{name} is empty or missing.", f"Give the {name}.", value)


def _by_type(table: Mapping[tuple[str, str], T]) -> Mapping[str, Mapping[str, T]]:
    found: dict[str, dict[str, T]] = {}
    for (kind, name), wanted in table.items():
        found.setdefault(kind, {})[name] = wanted
    return found


_CHOICES, _RANGES, _NAMES = _by_type(CHOICES), _by_type(RANGES), _by_type(NAMES)


def _valued(view: View, table: Mapping[str, Mapping[str, T]]) -> Iterator[tuple[str, str, Any, T]]:
    """Path, name and value of every field that the table knows, with what the table says of it."""
    for path, kind, found in typed(view):
        for name, wanted in table.get(kind, {}).items():
            if found.get(name) is not None:
                yield f"{path}.{name}", name, found[name], wanted


def typed(view: View) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Every object of the trial whose type Kubernetes knows: its path, the type's name, and itself."""
    if view.job:
        yield from _objects(view.job, "JobSpec", f"{TRIAL_SPEC}.spec")
    else:
        for path, pod in view.pods:
            yield from _objects(pod, "PodTemplateSpec", path)


def _objects(value: object, kind: str, path: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    known = object_types().get(kind)
    if known and isinstance(value, Mapping):
        yield path, kind, value
        for name, field in known.fields.items():
            if name in value:
                yield from _objects(value[name], field, f"{path}.{name}")
    elif kind[0] == "[" and isinstance(value, list):
        for i, item in enumerate(value):
            yield from _objects(item, kind[1:-1], f"{path}[{i}]")
