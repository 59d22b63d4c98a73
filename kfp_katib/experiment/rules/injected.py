# SPDX-License-Identifier: Apache-2.0
"""What Katib's pod webhook adds to a trial's pod, before Kubernetes looks at it a second time.

Follows `Mutate` in Katib's `pkg/webhook/v1beta1/pod/inject_webhook.go` (0.19). The Job itself has been
accepted by then: if Kubernetes now refuses the pod, the trial stays Running for ever, with no pod.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from kfp_katib.experiment.defaults import STDOUT_PATH
from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.rules.paths import Part, every_container, objects, part, texts
from kfp_katib.experiment.rules.program import clean, started, within
from kfp_katib.experiment.rules.rule import rule
from kfp_katib.experiment.rules.view import COLLECTOR, TEMPLATE, View

METRICS_VOLUME = "metrics-volume"
SUGGESTION_VOLUME = "suggestion-volume"
SUGGESTION_FOLDER = "suggestion_trial_dir"
"""The setting, one of pbt's, for which Katib mounts the suggestion service's volume."""

_OF_KUBERNETES = re.compile(r"(batch\.kubernetes\.io/)?(job-name|controller-uid|job-completion-index)$")
"""Labels that the Job's own controller gives its pods."""
_PLACE = f"{COLLECTOR}.source.fileSystemPath.path"
_FOLDER_FIX = "Write the metrics into a folder of their own."
_KERNEL = ("/proc", "/sys", "/dev")
"""The kernel's folders; a runtime mounts nothing into them, or breaks the container by doing so."""
_SYSTEM = ("/bin", "/lib", "/lib64", "/sbin", "/usr", "/usr/bin", "/usr/lib", "/usr/lib64")
"""Folders without which an image has no shell."""
_MASTERS = ("Chief", "Master", "Launcher")
"""The roles whose pod Katib treats as a trial's own, by the label that the training operator gives them."""


@dataclass(frozen=True, slots=True)
class Mount:
    """A folder that Katib mounts into the training's container.

    Attributes:
        path: Where, exactly as Katib writes it.
        volume: The volume's name.
        why: The field that causes it.
    """

    path: str
    volume: str
    why: str


@dataclass(frozen=True, slots=True)
class Injected:
    """Katib's part of the pod. With a collector the containers see each other's processes.

    Attributes:
        collector: Name of the collector's container; empty where none is added.
        mounts: In the order in which Katib appends them.
    """

    collector: str = ""
    mounts: tuple[Mount, ...] = ()

    @property
    def metrics_folder(self) -> str:
        """Where the collector's volume is mounted, cleaned; empty if there is none."""
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
    return Injected(name, (*folder, *_metrics_mount(view)))


def is_primary(view: View, pod_path: str) -> bool:
    """Whether Katib's webhook treats the pod at this path as the trial's own."""
    roles = [path.split(".")[-2] for path, _ in view.pods if "ReplicaSpecs." in path]
    masters = [role for role in roles if role in _MASTERS]
    return not masters or pod_path.split(".")[-2] in masters


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
    place = part(view.source, "fileSystemPath")
    path = STDOUT_PATH if view.collector == "StdOut" else str(place.get("path", ""))
    of_file = {"StdOut": True, "File": True, "Custom": place.get("kind") == "File"}.get(view.collector, False)
    if view.collector == "PrometheusMetric" or not path.startswith("/"):  # another rule refuses the latter
        return ()
    folder = clean(posixpath.dirname(path)) if of_file else path
    return (Mount(folder, METRICS_VOLUME, f"the collector {view.collector}"),)


@rule("mount-path-taken")
def mount_path_taken(view: View) -> Iterator[Finding]:
    """Katib mounts a folder of its own at this very path: Kubernetes refuses the pod of every trial."""
    for where, at, mount in _beside(view):
        if at == mount.path:
            message = f"'{at}' is where Katib mounts the '{mount.volume}' of {mount.why}."
            yield Finding(where, message, _elsewhere(view, mount.volume), at)


@rule("mount-hidden", severity="warning", engine="katib")
def mount_hidden(view: View) -> Iterator[Finding]:
    """Katib mounts a folder of its own over this volume: what it holds is hidden, what is written is lost."""
    for where, at, mount in _beside(view):
        if at != mount.path and clean(at) == clean(mount.path):
            message = f"Katib mounts the '{mount.volume}' of {mount.why} over '{at}'."
            yield Finding(where, message, _elsewhere(view, mount.volume), at)


@rule("volume-name-taken")
def volume_name_taken(view: View) -> Iterator[Finding]:
    """Katib adds a volume of this very name: Kubernetes refuses the pod of every trial."""
    added = {mount.volume for mount in injected(view).mounts}
    for path, pod in _own_pods(view):
        for where, name in texts(pod, "spec.volumes[].name", f"{path}."):
            if name in added:
                yield Finding(where, f"Katib adds a volume '{name}' of its own.", "Rename yours.", name)


@rule("container-name-taken")
def container_name_taken(view: View) -> Iterator[Finding]:
    """Katib adds a container of this very name, its collector: Kubernetes refuses the pod of every trial."""
    collector = injected(view).collector
    for path, pod in _own_pods(view):
        for where, container in every_container(path, pod):
            if collector and container.get("name") == collector:
                message = f"Katib's collector is a container '{collector}' of its own."
                yield Finding(f"{where}.name", message, "Rename yours.", collector)


@rule("host-processes-shared")
def host_processes_shared(view: View) -> Iterator[Finding]:
    """`hostPID` and Windows do not go with Katib's collector, which shares processes: no pod starts."""
    for path, pod in _own_pods(view) if injected(view).collector else ():
        if part(pod, "spec").get("hostPID") is True:
            yield Finding(f"{path}.spec.hostPID", "hostPID is true.", "Remove it.", True)
        if part(pod, "spec", "os").get("name") == "windows":
            yield Finding(f"{path}.spec.os.name", "The pod is for Windows.", "Katib needs Linux.", "windows")


@rule("primary-pod-unlabelled")
def primary_pod_unlabelled(view: View) -> Iterator[Finding]:
    """No pod carries the labels of `primaryPodLabels`: Katib adds no collector, and no metric ever comes."""
    wanted = part(view.template, "primaryPodLabels")
    for path, pod in view.pods if view.job else []:
        labels = part(pod, "metadata", "labels")
        for key, value in wanted.items():
            differs = labels.get(key) != value and "${" not in str(labels.get(key))
            if differs and not _OF_KUBERNETES.match(key):
                message = f"The pod has no label {key}: {value}."
                fix = f"Add it at {path}.metadata.labels."
                yield Finding(f"{TEMPLATE}.primaryPodLabels.{key}", message, fix, value)


@rule("metrics-folder-unmountable")
def metrics_folder_unmountable(view: View) -> Iterator[Finding]:
    """Katib mounts the metrics' folder over one that no container can do without: no trial can run."""
    folder = injected(view).metrics_folder
    kernel = any(within(folder, each) for each in _KERNEL)
    if folder and (folder == "/" or folder in _SYSTEM or kernel):
        yield Finding(_PLACE, f"Katib mounts an empty folder at '{folder}'.", _FOLDER_FIX, folder)


@rule("metrics-folder-hides", severity="warning", engine="katib")
def metrics_folder_hides(view: View) -> Iterator[Finding]:
    """Katib mounts the metrics' folder over the training's own program, which is gone then."""
    folder = injected(view).metrics_folder
    for path, container in view.primaries if folder not in ("", "/", *_SYSTEM) else []:
        for where, hidden in started(path, container):
            if within(hidden, folder) and not _is_mounted(container, hidden, folder):
                message = f"'{hidden}' lies in '{folder}', where Katib mounts an empty folder."
                yield Finding(where, message, _FOLDER_FIX, hidden)
                break


@rule("metrics-folder-read-only")
def metrics_folder_read_only(view: View) -> Iterator[Finding]:
    """The metrics' folder would have to be made in a volume that is mounted read-only: no trial starts."""
    folder = injected(view).metrics_folder
    for path, container in view.primaries if folder else []:
        for where, mount in objects(container, "volumeMounts[]", f"{path}."):
            at = str(mount.get("mountPath", ""))
            read_only = at and mount.get("readOnly") is True
            if read_only and within(folder, clean(at)) and folder != clean(at):
                message = f"Katib mounts a folder at '{folder}', inside of the read-only '{at}'."
                yield Finding(f"{where}.readOnly", message, "Write the metrics elsewhere.", at)


def _own_pods(view: View) -> list[tuple[str, Part]]:
    return [(path, pod) for path, pod in view.pods if is_primary(view, path)]


def _beside(view: View) -> Iterator[tuple[str, str, Mount]]:
    """Each mount of the containers that Katib mounts into, paired with each of Katib's mounts."""
    added = injected(view).mounts
    own = [each for each in view.primaries if is_primary(view, each[0].partition(".spec.containers")[0])]
    metrics = tuple(mount for mount in added if mount.volume == METRICS_VOLUME)
    collector = part(view.spec, "metricsCollectorSpec", "collector", "customCollector")
    given = [(path, container, added) for path, container in own]
    for path, container, mounts in [*given, (f"{COLLECTOR}.collector.customCollector", collector, metrics)]:
        for where, at in texts(container, "volumeMounts[].mountPath", f"{path}."):
            yield from ((where, at, mount) for mount in mounts)


def _elsewhere(view: View, volume: str) -> str:
    """The fix, which depends on who chose the path."""
    if volume == SUGGESTION_VOLUME:
        return f"Mount the volume elsewhere, or change {SUGGESTION_FOLDER}."
    if volume == METRICS_VOLUME and view.collector != "StdOut":
        return f"Mount the volume elsewhere, or let {_PLACE} name a folder of its own."
    return "Mount the volume elsewhere."


def _is_mounted(container: Part, path: str, folder: str) -> bool:
    """Whether the path lies in a volume that is mounted inside the metrics' folder."""
    places = [clean(at) for _, at in texts(container, "volumeMounts[].mountPath")]
    return any(within(path, at) and within(at, folder) and at != folder for at in places)
