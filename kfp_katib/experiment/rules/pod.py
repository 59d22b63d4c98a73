# SPDX-License-Identifier: Apache-2.0
"""The trial's pod as Katib's webhook leaves it: what Kubernetes refuses then, and what is hidden in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.rules.injected import (
    METRICS_VOLUME,
    SUGGESTION_FOLDER,
    SUGGESTION_VOLUME,
    clean,
    injected,
    is_primary,
)
from kfp_katib.experiment.rules.mounts import containers_of, mounts_of
from kfp_katib.experiment.rules.repeats import again
from kfp_katib.experiment.rules.rule import rule
from kfp_katib.experiment.rules.view import COLLECTOR, TEMPLATE, View, items, part

_OF_KUBERNETES = re.compile(r"(batch\.kubernetes\.io/)?(job-name|controller-uid|job-completion-index)$")
"""Labels that the Job's own controller gives its pods."""
_PLACE = f"{COLLECTOR}.source.fileSystemPath.path"


@rule("mount-path-repeated")
def mount_path_repeated(view: View) -> Iterator[Finding]:
    """Two volumes are mounted at one path: Kubernetes refuses the Job of every trial."""
    for path, container in _every_container(view):
        mounts = [(f"{where}.mountPath", at) for where, _, at in mounts_of(path, container)]
        for where, at in again(mounts):
            yield Finding(where, f"Something is mounted at '{at}' already.", "Choose another path.", at)


@rule("mount-path-taken")
def mount_path_taken(view: View) -> Iterator[Finding]:
    """Katib mounts a folder of its own at this very path: Kubernetes refuses the pod of every trial."""
    for where, at, mount in _beside(view):
        if at == mount.path:
            message = f"'{at}' is where Katib mounts the '{mount.volume}' of {mount.why}."
            yield Finding(where, message, _elsewhere(view, mount.volume), at)


@rule("mount-hidden", severity="warning")
def mount_hidden(view: View) -> Iterator[Finding]:
    """Katib mounts a folder of its own over this volume: what it holds is hidden, what is written is lost."""
    for where, at, mount in _beside(view):
        if at != mount.path and clean(at) == clean(mount.path):
            message = f"Katib mounts the '{mount.volume}' of {mount.why} over '{at}'."
            yield Finding(where, message, _elsewhere(view, mount.volume), at)


@rule("volume-repeated")
def volume_repeated(view: View) -> Iterator[Finding]:
    """Two volumes of one pod have the same name: Kubernetes refuses the Job of every trial."""
    for path, pod in view.pods:
        for where, name in again(_volumes(path, pod)):
            yield Finding(where, f"The volume's name '{name}' is taken.", "Rename one of the two.", name)


@rule("volume-name-taken")
def volume_name_taken(view: View) -> Iterator[Finding]:
    """Katib adds a volume of this very name: Kubernetes refuses the pod of every trial."""
    added = {mount.volume for mount in injected(view).mounts}
    for path, pod in _own_pods(view):
        for where, name in _volumes(path, pod):
            if name in added:
                yield Finding(where, f"Katib adds a volume '{name}' of its own.", "Rename yours.", name)


@rule("container-name-taken")
def container_name_taken(view: View) -> Iterator[Finding]:
    """Katib adds a container of this very name, its collector: Kubernetes refuses the pod of every trial."""
    collector = injected(view).collector
    for path, pod in _own_pods(view):
        for where, container in containers_of(path, pod):
            if collector and container.get("name") == collector:
                message = f"Katib's collector is a container '{collector}' of its own."
                yield Finding(f"{where}.name", message, "Rename yours.", collector)


@rule("host-processes-shared")
def host_processes_shared(view: View) -> Iterator[Finding]:
    """`hostPID` and Windows do not go with Katib's collector, which shares processes: no pod starts."""
    for path, pod in _own_pods(view):
        spec = part(pod, "spec")
        if injected(view).shares_processes and spec.get("hostPID") is True:
            yield Finding(f"{path}.spec.hostPID", "hostPID is true.", "Remove it.", True)
        if injected(view).shares_processes and part(spec, "os").get("name") == "windows":
            yield Finding(f"{path}.spec.os.name", "The pod is for Windows.", "Katib needs Linux.", "windows")


@rule("primary-pod-unlabelled")
def primary_pod_unlabelled(view: View) -> Iterator[Finding]:
    """No pod carries the labels of `primaryPodLabels`: Katib adds no collector, and no metric ever comes."""
    wanted = part(view.template, "primaryPodLabels")
    for path, pod in view.pods if view.job else []:
        labels = part(pod, "metadata", "labels")
        for key, value in wanted.items():
            if (
                labels.get(key) != value
                and not _OF_KUBERNETES.match(key)
                and "${" not in str(labels.get(key))
            ):
                message = f"The pod has no label {key}: {value}."
                fix = f"Add it at {path}.metadata.labels."
                yield Finding(f"{TEMPLATE}.primaryPodLabels.{key}", message, fix, value)


def _own_pods(view: View) -> list[tuple[str, Mapping[str, Any]]]:
    return [(path, pod) for path, pod in view.pods if is_primary(view, path)]


def _every_container(view: View) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path, pod in view.pods:
        yield from containers_of(path, pod)


def _beside(view: View) -> Iterator[tuple[str, str, Any]]:
    """Each mount of the containers that Katib mounts into beside each of Katib's."""
    added = injected(view).mounts
    for path, container in view.primaries:
        if is_primary(view, path.partition(".spec.containers")[0]):
            for where, _, at in mounts_of(path, container):
                yield from ((f"{where}.mountPath", at, mount) for mount in added)
    collector = part(view.spec, "metricsCollectorSpec", "collector", "customCollector")
    for where, _, at in mounts_of(f"{COLLECTOR}.collector.customCollector", collector):
        metrics = (mount for mount in added if mount.volume == METRICS_VOLUME)
        yield from ((f"{where}.mountPath", at, mount) for mount in metrics)


def _volumes(path: str, pod: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (f"{path}.spec.volumes[{i}].name", name)
        for i, volume in enumerate(items(part(pod, "spec"), "volumes"))
        if isinstance(volume, Mapping) and isinstance(name := volume.get("name"), str)
    ]


def _elsewhere(view: View, volume: str) -> str:
    """The way out, which depends on who chose the path."""
    if volume == SUGGESTION_VOLUME:
        return f"Mount the volume elsewhere, or change {SUGGESTION_FOLDER}."
    if volume == METRICS_VOLUME and view.collector != "StdOut":
        return f"Mount the volume elsewhere, or let {_PLACE} name a folder of its own."
    return "Mount the volume elsewhere."
