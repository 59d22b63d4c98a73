# SPDX-License-Identifier: Apache-2.0
"""What Katib's pod webhook adds to a trial's pod, before Kubernetes looks at it a second time.

After `Mutate` in Katib's `pkg/webhook/v1beta1/pod/inject_webhook.go` (0.19). The Job itself was accepted by
then: what Kubernetes refuses of the pod now leaves a trial Running for ever, with no pod.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, replace

from kfp_katib.experiment.defaults import STDOUT_PATH
from kfp_katib.experiment.rules.view import View

METRICS_VOLUME = "metrics-volume"
SUGGESTION_VOLUME = "suggestion-volume"
SUGGESTION_FOLDER = "suggestion_trial_dir"
"""The setting, one of pbt's, for which Katib mounts the suggestion service's volume."""

_MASTERS = ("Chief", "Master", "Launcher")
"""The roles whose pod Katib takes for a trial's own, by the label that the training operator gives them."""


@dataclass(frozen=True, slots=True)
class Mount:
    """A folder that Katib mounts into the training's container.

    Attributes:
        path: Where, just as Katib writes it.
        volume: The volume's name.
        why: The field that brings it.
    """

    path: str
    volume: str
    why: str


@dataclass(frozen=True, slots=True)
class Injected:
    """Katib's part of the pod.

    Attributes:
        collector: Name of the collector's container; empty where none is added.
        mounts: In the order in which Katib appends them.
        shares_processes: Whether the containers see each other's processes.
    """

    collector: str = ""
    mounts: tuple[Mount, ...] = ()
    shares_processes: bool = False

    @property
    def metrics_folder(self) -> str:
        """Where the collector's volume lies, cleaned; empty where there is none."""
        found = [mount.path for mount in self.mounts if mount.volume == METRICS_VOLUME]
        return clean(found[0]) if found else ""


def injected(view: View) -> Injected:
    """What Katib adds to the pod of a trial."""
    name = _collector_name(view)
    if not name:
        return Injected()
    folder = [
        Mount(str(setting["value"]), SUGGESTION_VOLUME, f"the setting {SUGGESTION_FOLDER}")
        for _, setting in view.settings
        if setting.get("name") == SUGGESTION_FOLDER and setting.get("value")
    ][:1]
    place = _metrics_mount(view)
    return replace(Injected(name, shares_processes=True), mounts=(*folder, *place))


def is_primary(view: View, pod_path: str) -> bool:
    """Whether Katib's webhook takes the pod at this path for the trial's own."""
    roles = [path.split(".")[-2] for path, _ in view.pods if "ReplicaSpecs." in path]
    masters = [role for role in roles if role in _MASTERS]
    return not masters or pod_path.split(".")[-2] in masters


def clean(path: str) -> str:
    """The path without what does not change it, as Go's `filepath.Clean` and the kubelet have it."""
    found = posixpath.normpath(path if path.startswith("/") else f"/{path}")
    return found.replace("//", "/", 1) if found.startswith("//") else found


def within(path: str, folder: str) -> bool:
    """Whether a clean path is the folder, or lies in it."""
    return folder == "/" or path == folder or path.startswith(f"{folder}/")


def _collector_name(view: View) -> str:
    if view.collector == "Custom":
        custom = view.spec["metricsCollectorSpec"]["collector"].get("customCollector") or {}
        return str(custom.get("name", ""))
    return {
        "StdOut": "metrics-logger-and-collector",
        "File": "metrics-logger-and-collector",
        "TensorFlowEvent": "metrics-collector",
        "PrometheusMetric": "metrics-collector",
    }.get(view.collector, "")


def _metrics_mount(view: View) -> tuple[Mount, ...]:
    place = view.source.get("fileSystemPath") or {}
    path, kind = str(place.get("path", "")), place.get("kind")
    if view.collector == "StdOut":
        path, kind = STDOUT_PATH, "File"
    elif view.collector in ("File", "TensorFlowEvent"):
        kind = {"File": "File"}.get(view.collector, "Directory")
    elif view.collector != "Custom":
        return ()
    if not path.startswith("/"):  # refused by another rule
        return ()
    folder = clean(posixpath.dirname(path)) if kind == "File" else path
    return (Mount(folder, METRICS_VOLUME, f"the collector {view.collector}"),)
