# SPDX-License-Identifier: Apache-2.0
"""What Kubernetes takes in the fields of a trial's Job and pod, by the type that holds a field and its name.

After Kubernetes 1.34's own validation (`pkg/apis/core/validation`, `pkg/apis/batch/validation`).
"""

from __future__ import annotations

from collections.abc import Mapping

CHOICES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "AppArmorProfile": {"type": ("Localhost", "RuntimeDefault", "Unconfined")},
    "Container": {
        "imagePullPolicy": ("Always", "IfNotPresent", "Never"),
        "terminationMessagePolicy": ("File", "FallbackToLogsOnError"),
    },
    "ContainerPort": {"protocol": ("TCP", "UDP", "SCTP")},
    "ContainerResizePolicy": {"restartPolicy": ("NotRequired", "RestartContainer")},
    "HTTPGetAction": {"scheme": ("HTTP", "HTTPS")},
    "HostPathVolumeSource": {
        "type": (
            *("", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket"),
            *("CharDevice", "BlockDevice"),
        ),
    },
    "JobSpec": {
        "completionMode": ("NonIndexed", "Indexed"),
        "podReplacementPolicy": ("TerminatingOrFailed", "Failed"),
    },
    "LabelSelectorRequirement": {"operator": ("In", "NotIn", "Exists", "DoesNotExist")},
    "NodeSelectorRequirement": {"operator": ("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt")},
    "PodOS": {"name": ("linux", "windows")},
    "PodSecurityContext": {
        "fsGroupChangePolicy": ("Always", "OnRootMismatch"),
        "supplementalGroupsPolicy": ("Merge", "Strict"),
    },
    "PodSpec": {
        "dnsPolicy": ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
        "preemptionPolicy": ("PreemptLowerPriority", "Never"),
    },
    "SeccompProfile": {"type": ("Localhost", "RuntimeDefault", "Unconfined")},
    "SecurityContext": {"procMount": ("Default", "Unmasked")},
    "Toleration": {
        "effect": ("", "NoSchedule", "PreferNoSchedule", "NoExecute"),
        "operator": ("", "Exists", "Equal"),
    },
    "TopologySpreadConstraint": {
        "nodeAffinityPolicy": ("Honor", "Ignore"),
        "nodeTaintsPolicy": ("Honor", "Ignore"),
        "whenUnsatisfiable": ("DoNotSchedule", "ScheduleAnyway"),
    },
    "VolumeMount": {
        "mountPropagation": ("None", "HostToContainer", "Bidirectional"),
        "recursiveReadOnly": ("Disabled", "IfPossible", "Enabled"),
    },
}
"""The only values of a field."""

_PORT = (1, 65535)
_ID = (0, 2**31 - 1)
_MODE = (0, 0o777)
_COUNT = (0, 2**63 - 1)  # more than 32 bits is another rule's affair
_AT_LEAST_ONE = (1, 2**63 - 1)


def _each(bounds: tuple[int, int], names: str) -> dict[str, tuple[int, int]]:
    return dict.fromkeys(names.split(), bounds)


RANGES: Mapping[str, Mapping[str, tuple[int, int]]] = {
    "ConfigMapVolumeSource": {"defaultMode": _MODE},
    "ContainerPort": {"containerPort": _PORT, "hostPort": (0, 65535)},
    "DownwardAPIVolumeFile": {"mode": _MODE},
    "DownwardAPIVolumeSource": {"defaultMode": _MODE},
    "GRPCAction": {"port": _PORT},
    "HTTPGetAction": {"port": _PORT},
    "JobSpec": _each(
        _COUNT, "backoffLimit completions parallelism activeDeadlineSeconds ttlSecondsAfterFinished"
    ),
    "KeyToPath": {"mode": _MODE},
    "PodSecurityContext": _each(_ID, "runAsUser runAsGroup fsGroup"),
    "PodSpec": {"activeDeadlineSeconds": (1, 2**31 - 1)},
    "PreferredSchedulingTerm": {"weight": (1, 100)},
    "Probe": {
        **_each(_COUNT, "initialDelaySeconds periodSeconds timeoutSeconds failureThreshold successThreshold"),
        "terminationGracePeriodSeconds": _AT_LEAST_ONE,
    },
    "ProjectedVolumeSource": {"defaultMode": _MODE},
    "SecretVolumeSource": {"defaultMode": _MODE},
    "SecurityContext": _each(_ID, "runAsUser runAsGroup"),
    "TCPSocketAction": {"port": _PORT},
    "TopologySpreadConstraint": _each(_AT_LEAST_ONE, "minDomains maxSkew"),
    "WeightedPodAffinityTerm": {"weight": (1, 100)},
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
NAMES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "CSIVolumeSource": {"driver": _SUBDOMAIN},
    "ConfigMapEnvSource": {"name": _SUBDOMAIN},
    "ConfigMapKeySelector": {"key": _KEY},
    "ContainerPort": {"name": _PORT_NAME},
    "DownwardAPIVolumeFile": {"path": _INSIDE},
    "EnvFromSource": {"prefix": _VARIABLE},
    "EnvVar": {"name": _VARIABLE},
    "HTTPGetAction": {"port": _PORT_NAME},
    "HostPathVolumeSource": {"path": _NO_STEP_BACK},
    "JobSpec": {"managedBy": (r"[^/]+\.[^/]*/.+|[^/]+/.+", "Write a domain, a slash and a name.")},
    "KeyToPath": {"path": _INSIDE},
    "NFSVolumeSource": {"path": (r"/.*", "Write an absolute path.")},
    "ObjectFieldSelector": {
        "fieldPath": (
            r"metadata\.(name|namespace|uid|labels|annotations)|metadata\.(labels|annotations)\['[^']+'\]"
            r"|spec\.(nodeName|serviceAccountName)|status\.(hostIPs?|podIPs?)",
            "Write a field such as metadata.name or metadata.labels['app'].",
        )
    },
    "PodSpec": {
        **dict.fromkeys(
            ("nodeName", "priorityClassName", "runtimeClassName", "serviceAccountName"), _SUBDOMAIN
        ),
        **dict.fromkeys(("hostname", "subdomain"), _LABEL),
    },
    "ResourceFieldSelector": {
        "resource": (
            r"(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-.+)",
            "Write limits or requests of cpu, memory or ephemeral-storage.",
        )
    },
    "SecretEnvSource": {"name": _SUBDOMAIN},
    "SecretKeySelector": {"key": _KEY},
    "TCPSocketAction": {"port": _PORT_NAME},
    "Volume": {"name": _LABEL},
    "VolumeDevice": {"devicePath": _NO_STEP_BACK},
    "VolumeMount": dict.fromkeys(("subPath", "subPathExpr"), _RELATIVE),
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
