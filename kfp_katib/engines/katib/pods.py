# SPDX-License-Identifier: Apache-2.0
"""What a pod's status says about its containers, as the kubelet writes it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from kfp_katib.engines.katib import read
from kfp_katib.engines.katib.read import Object

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


def ready(pod: Object) -> bool:
    """Whether the pod serves, by its readiness probe."""
    return _condition(pod, "Ready") == "True"


def lost(pod: Object, now: datetime | None = None) -> str:
    """Why nothing is known of the pod any more although it looks alive; empty where that is not so.

    A node that is gone cannot say so: its pods keep the status that its kubelet wrote last. The control
    plane marks them unready, though their containers are not, and later asks in vain for their deletion.

    Args:
        pod: A pod.
        now: The server's time; without it every deletion counts as overdue.
    """
    node = (pod.get("spec") or {}).get("nodeName") or "of the pod"
    if phase(pod) in ("Succeeded", "Failed"):
        return ""
    if phase(pod) == "Unknown" or read.status(pod).get("reason") == "NodeLost":
        return f"node {node} does not answer"
    due = read.moment(pod["metadata"].get("deletionTimestamp"))
    if due is not None:
        overdue = now is None or now > due
        return f"node {node} has not ended it by {due:%H:%M:%S} UTC, as it should" if overdue else ""
    unready = _condition(pod, "Ready") == "False" and _condition(pod, "ContainersReady") == "True"
    gates = (pod.get("spec") or {}).get("readinessGates")  # whoever serves one may make a pod unready
    return f"node {node} is not ready" if unready and not gates else ""


def _condition(pod: Object, kind: str) -> str:
    found = read.status(pod).get("conditions") or ()
    return next((str(each.get("status")) for each in found if each.get("type") == kind), "")


def _statuses(pod: Object) -> list[Mapping[str, Any]]:
    status = read.status(pod)
    return [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
