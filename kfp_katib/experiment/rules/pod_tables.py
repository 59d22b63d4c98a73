# SPDX-License-Identifier: Apache-2.0
"""What Kubernetes accepts in the fields of a trial's Job and pod, by the field's owner type and name.

Follows Kubernetes 1.34's own validation (`pkg/apis/core/validation`, `pkg/apis/batch/validation`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")


def _by_type(table: Mapping[str, T]) -> Mapping[str, Mapping[str, T]]:
    """The table by type and field; each of its keys is one or more of `Type.field`."""
    found: dict[str, dict[str, T]] = {}
    for keys, wanted in table.items():
        for kind, _, name in (key.partition(".") for key in keys.split()):
            found.setdefault(kind, {})[name] = wanted
    return found


CHOICES = _by_type(
    {
        "AppArmorProfile.type SeccompProfile.type": ("Localhost", "RuntimeDefault", "Unconfined"),
        "Container.imagePullPolicy": ("Always", "IfNotPresent", "Never"),
        "Container.terminationMessagePolicy": ("File", "FallbackToLogsOnError"),
        "ContainerPort.protocol": ("TCP", "UDP", "SCTP"),
        "ContainerResizePolicy.restartPolicy": ("NotRequired", "RestartContainer"),
        "HTTPGetAction.scheme": ("HTTP", "HTTPS"),
        "HostPathVolumeSource.type": (
            *("", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket"),
            *("CharDevice", "BlockDevice"),
        ),
        "JobSpec.completionMode": ("NonIndexed", "Indexed"),
        "JobSpec.podReplacementPolicy": ("TerminatingOrFailed", "Failed"),
        "LabelSelectorRequirement.operator": ("In", "NotIn", "Exists", "DoesNotExist"),
        "NodeSelectorRequirement.operator": ("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"),
        "PodOS.name": ("linux", "windows"),
        "PodSecurityContext.fsGroupChangePolicy": ("Always", "OnRootMismatch"),
        "PodSecurityContext.supplementalGroupsPolicy": ("Merge", "Strict"),
        "PodSpec.dnsPolicy": ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
        "PodSpec.preemptionPolicy": ("PreemptLowerPriority", "Never"),
        "SecurityContext.procMount": ("Default", "Unmasked"),
        "Toleration.effect": ("", "NoSchedule", "PreferNoSchedule", "NoExecute"),
        "Toleration.operator": ("", "Exists", "Equal"),
        "TopologySpreadConstraint.nodeAffinityPolicy TopologySpreadConstraint.nodeTaintsPolicy": (
            *("Honor", "Ignore"),
        ),
        "TopologySpreadConstraint.whenUnsatisfiable": ("DoNotSchedule", "ScheduleAnyway"),
        "VolumeMount.mountPropagation": ("None", "HostToContainer", "Bidirectional"),
        "VolumeMount.recursiveReadOnly": ("Disabled", "IfPossible", "Enabled"),
    }
)
"""The only values of a field."""

_MOST = 2**63 - 1  # another rule reports more than 32 bits
RANGES = _by_type(
    {
        "JobSpec.backoffLimit JobSpec.completions JobSpec.parallelism": (0, _MOST),
        "JobSpec.activeDeadlineSeconds JobSpec.ttlSecondsAfterFinished": (0, _MOST),
        "PodSpec.activeDeadlineSeconds": (1, 2**31 - 1),
        "ContainerPort.containerPort HTTPGetAction.port TCPSocketAction.port GRPCAction.port": (1, 65535),
        "ContainerPort.hostPort": (0, 65535),
        "PodSecurityContext.runAsUser PodSecurityContext.runAsGroup PodSecurityContext.fsGroup": (
            0,
            2**31 - 1,
        ),
        "SecurityContext.runAsUser SecurityContext.runAsGroup": (0, 2**31 - 1),
        "KeyToPath.mode DownwardAPIVolumeFile.mode ConfigMapVolumeSource.defaultMode": (0, 0o777),
        "DownwardAPIVolumeSource.defaultMode ProjectedVolumeSource.defaultMode": (0, 0o777),
        "SecretVolumeSource.defaultMode": (0, 0o777),
        "Probe.initialDelaySeconds Probe.periodSeconds Probe.timeoutSeconds": (0, _MOST),
        "Probe.failureThreshold Probe.successThreshold": (0, _MOST),
        "Probe.terminationGracePeriodSeconds": (1, _MOST),
        "PreferredSchedulingTerm.weight WeightedPodAffinityTerm.weight": (1, 100),
        "TopologySpreadConstraint.minDomains TopologySpreadConstraint.maxSkew": (1, _MOST),
    }
)
"""The smallest and largest value of a number."""

_WORD = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
# fmt: off
NAMES = _by_type({
    "PodSpec.hostname PodSpec.subdomain Volume.name": (
        r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?",
        "Use at most 63 lower-case letters, digits and '-', a letter or digit at both ends."),
    "CSIVolumeSource.driver ConfigMapEnvSource.name SecretEnvSource.name PodSpec.nodeName"
    " PodSpec.priorityClassName PodSpec.runtimeClassName PodSpec.serviceAccountName": (
        rf"(?=.{{1,253}}$){_WORD}(\.{_WORD})*",
        "Use lower-case letters, digits, '-' and '.', a letter or digit at both ends."),
    "ContainerPort.name HTTPGetAction.port TCPSocketAction.port": (
        rf"(?=.{{1,15}}$)(?=.*[a-z])(?!.*--){_WORD}",
        "Use at most 15 lower-case letters, digits and single '-'."),
    "EnvVar.name EnvFromSource.prefix": (r"[ -<>-~]+", "Use printable ASCII characters, without '='."),
    "ConfigMapKeySelector.key SecretKeySelector.key": (
        r"(?!\.\.?$)(?!\.\.)[-._a-zA-Z0-9]{1,253}", "Use letters, digits, '-', '_' and '.'."),
    "VolumeMount.subPath VolumeMount.subPathExpr": (
        r"(?!/)(?!(.*/)?\.\.(/|$)).+", "Write a relative path without '..'."),
    "DownwardAPIVolumeFile.path KeyToPath.path": (
        r"(?!/)(?!\.\.)(?!(.*/)\.\.(/|$)).+", "Write a relative path without '..'."),
    "HostPathVolumeSource.path VolumeDevice.devicePath": (
        r"(?!(.*/)?\.\.(/|$)).+", "Write a path without '..'."),
    "NFSVolumeSource.path": (r"/.*", "Write an absolute path."),
    "JobSpec.managedBy": (r"[^/]+\.[^/]*/.+|[^/]+/.+", "Write a domain, a slash and a name."),
    "ObjectFieldSelector.fieldPath": (
        r"metadata\.(name|namespace|uid|labels|annotations)|metadata\.(labels|annotations)\['[^']+'\]"
        r"|spec\.(nodeName|serviceAccountName)|status\.(hostIPs?|podIPs?)",
        "Write a field such as metadata.name or metadata.labels['app']."),
    "ResourceFieldSelector.resource": (
        r"(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-.+)",
        "Write limits or requests of cpu, memory or ephemeral-storage."),
})
"""What a text must look like, and what to do if it does not."""

NEEDED: Mapping[str, str] = {
    "ConfigMapEnvSource": "name", "ConfigMapKeySelector": "name key", "ConfigMapVolumeSource": "name",
    "EnvVar": "name", "ExecAction": "command", "HostPathVolumeSource": "path", "KeyToPath": "key path",
    "NFSVolumeSource": "path server", "NodeSelector": "nodeSelectorTerms",
    "PersistentVolumeClaimVolumeSource": "claimName", "PodAffinityTerm": "topologyKey",
    "SecretEnvSource": "name", "SecretKeySelector": "name key", "SecretVolumeSource": "secretName",
    "TopologySpreadConstraint": "topologyKey", "VolumeMount": "mountPath name",
}
# fmt: on
"""Fields that must be there and not empty, even where Kubernetes' model calls them optional."""

ONE_OF: Mapping[str, tuple[int, str]] = {
    "EnvVarSource": (1, "configMapKeyRef fieldRef resourceFieldRef secretKeyRef fileKeyRef"),
    "EnvFromSource": (1, "configMapRef secretRef"),
    "Probe": (1, "exec grpc httpGet tcpSocket"),
    "LifecycleHandler": (1, "exec httpGet sleep tcpSocket"),
    "VolumeMount": (0, "subPath subPathExpr"),
    "EnvVar": (0, "value valueFrom"),
    "VolumeProjection": (0, "clusterTrustBundle configMap downwardAPI secret serviceAccountToken"),
}
"""Fields of a type of which only one may be set, and how many must; for a volume, all but its name."""
