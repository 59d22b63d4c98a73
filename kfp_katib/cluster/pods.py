# SPDX-License-Identifier: Apache-2.0
"""What a pod's status says about its containers, as the kubelet writes it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kfp_katib.cluster import read
from kfp_katib.cluster.read import Object

COLLECTORS = ("metrics-logger-and-collector", "metrics-collector")
"""The containers that Katib's webhook adds to a trial's pod."""


def phase(pod: Object) -> str:
    """`Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`."""
    return str(read.status(pod).get("phase") or "Pending")


def containers(pod: Object) -> list[str]:
    """The names of the pod's containers, without init containers."""
    return [container["name"] for container in pod.get("spec", {}).get("containers") or ()]


def terminated(pod: Object, container: str) -> Mapping[str, Any] | None:
    """How a container ended: `exitCode`, `reason`, `message`; None while it has not."""
    for found in _statuses(pod):
        if found["name"] == container:
            return (found.get("state") or {}).get("terminated")
    return None


def running(pod: Object) -> list[str]:
    """The containers that run right now, init containers left out."""
    return [
        found["name"]
        for found in read.status(pod).get("containerStatuses") or ()
        if "running" in (found.get("state") or {})
    ]


def waiting(pod: Object) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    """The containers that wait for something: name, `reason` and `message`, and how they ended before."""
    for found in _statuses(pod):
        if why := (found.get("state") or {}).get("waiting"):
            yield found["name"], why, (found.get("lastState") or {}).get("terminated") or {}


def failed(pod: Object) -> bool:
    """Whether a container of the pod ended with an error, or the pod was evicted."""
    endings = ((found.get("state") or {}).get("terminated") for found in _statuses(pod))
    return phase(pod) == "Failed" or any(end and end.get("exitCode", 0) != 0 for end in endings)


def unschedulable(pod: Object) -> str:
    """The scheduler's words where it finds no node for the pod, empty otherwise."""
    for condition in read.status(pod).get("conditions") or ():
        if condition.get("type") == "PodScheduled" and condition.get("reason") == "Unschedulable":
            return str(condition.get("message") or "Unschedulable")
    return ""


def _statuses(pod: Object) -> list[Mapping[str, Any]]:
    status = read.status(pod)
    return [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
