# SPDX-License-Identifier: Apache-2.0
"""The kinds of objects that we read, and what their specs and statuses say. Pure.

Objects are JSON as Kubernetes, its kubelets and Katib's controller write it. A state is found by looking
through all conditions: their order changes, several are true at once, `Restarting` stays true for good.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kfp_katib.experiment.defaults import without_defaults
from kfp_katib.results import ACTIVE, Metric, Trial, TrialState

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of object, by the group, version and plural of its address."""

    group: str
    version: str
    plural: str

    def path(self, namespace: str, name: str = "", subresource: str = "") -> str:
        """The address of a collection, an object, or a part of one, below the server's."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        parts = [root, "namespaces", namespace, self.plural, name, subresource]
        return "/".join(part for part in parts if part)


EXPERIMENTS = Kind("kubeflow.org", "v1beta1", "experiments")
TRIALS = Kind("kubeflow.org", "v1beta1", "trials")
SUGGESTIONS = Kind("kubeflow.org", "v1beta1", "suggestions")
PODS = Kind("", "v1", "pods")
EVENTS = Kind("", "v1", "events")
SECRETS = Kind("", "v1", "secrets")
CONFIG_MAPS = Kind("", "v1", "configmaps")
CLAIMS = Kind("", "v1", "persistentvolumeclaims")
SERVICE_ACCOUNTS = Kind("", "v1", "serviceaccounts")
JOBS = Kind("batch", "v1", "jobs")
DEPLOYMENTS = Kind("apps", "v1", "deployments")
LEASES = Kind("coordination.k8s.io", "v1", "leases")
WORKFLOWS = Kind("argoproj.io", "v1alpha1", "workflows")

EXPERIMENT_LABEL = "katib.kubeflow.org/experiment"
TRIAL_LABEL = "katib.kubeflow.org/trial"
COLLECTORS = ("metrics-logger-and-collector", "metrics-collector")
"""The containers that Katib's webhook adds to a trial's pod."""

# The first one that is true counts: Katib's own order of buckets (`status_util.go`). An early-stopped
# trial, for one, keeps Running=True.
_TRIAL_STATES: tuple[TrialState, ...] = (
    "Killed",
    "Failed",
    "Succeeded",
    "EarlyStopped",
    "Running",
    "MetricsUnavailable",
)
_COMPLETED = ("succeeded", "failed", "killed", "earlyStopped", "metricsUnavailable")


def name(thing: Object) -> str:
    """The name of any object."""
    return str(thing["metadata"]["name"])


def status(thing: Object) -> Object:
    """The status of any object, empty before a controller has written one."""
    return thing.get("status") or {}


def true_conditions(thing: Object) -> dict[str, Object]:
    """The conditions that hold, by type."""
    found = status(thing).get("conditions") or ()
    return {condition["type"]: condition for condition in found if condition.get("status") == "True"}


def moment(text: str | None) -> datetime | None:
    """A Kubernetes timestamp, None for null and for the zero time of Go."""
    return None if not text or text.startswith("0001-") else datetime.fromisoformat(text)


# Katib's Experiments and Trials.


def as_written(experiment: Object) -> dict[str, Any]:
    """A stored Experiment as its author wrote it.

    It is without what the cluster has added to its metadata, and without the metric strategies that Katib has
    filled in: those of an author also say which way a metric is better.
    """
    metadata, spec = experiment["metadata"], dict(experiment.get("spec") or {})
    if isinstance(spec.get("objective"), dict):
        spec["objective"] = without_defaults(spec["objective"])
    return {
        "apiVersion": f"{EXPERIMENTS.group}/{EXPERIMENTS.version}",
        "kind": "Experiment",
        "metadata": {key: metadata[key] for key in ("name", "namespace") if key in metadata},
        "spec": spec,
    }


def katib_best(experiment: Object) -> str:
    """The name of the trial that Katib calls optimal, empty if it names none."""
    return str((status(experiment).get("currentOptimalTrial") or {}).get("bestTrialName") or "")


def completed_trials(experiment: Object) -> frozenset[str]:
    """The trials that the Experiment's status already counts as completed."""
    lists = (status(experiment).get(f"{state}TrialList") or () for state in _COMPLETED)
    return frozenset(each for names in lists for each in names)


def trial_state(trial: Object) -> TrialState:
    """The state of a Trial."""
    holds = true_conditions(trial)
    return next((state for state in _TRIAL_STATES if state in holds), "Pending")


def is_active(trial: Object) -> bool:
    """Whether a Trial has not completed."""
    return trial_state(trial) in ACTIVE


def as_trial(thing: Object, *, model_uri: str = "") -> Trial:
    """One Trial resource as the type that both engines return."""
    state, found = trial_state(thing), status(thing)
    condition = true_conditions(thing).get(state, {})
    ended = found.get("completionTime")
    if not ended and not is_active(thing):
        ended = condition.get("lastTransitionTime")  # Katib sometimes leaves completionTime null
    assignments = thing.get("spec", {}).get("parameterAssignments") or ()
    metrics = (found.get("observation") or {}).get("metrics") or ()
    return Trial(
        name=name(thing),
        parameters={each["name"]: str(each["value"]) for each in assignments},
        state=state,
        reason=condition.get("reason") or "",
        message=condition.get("message") or "",
        metrics={
            each["name"]: Metric(*(str(each.get(key, "")) for key in ("min", "max", "latest")))
            for each in metrics
        },
        started=moment(found.get("startTime")),
        ended=moment(ended),
        model_uri=model_uri,
    )


# Pods, as the kubelet writes their status.


def phase(pod: Object) -> str:
    """`Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`."""
    return str(status(pod).get("phase") or "Pending")


def containers(pod: Object) -> list[str]:
    """The names of the pod's containers, without init containers."""
    return [container["name"] for container in pod.get("spec", {}).get("containers") or ()]


def running(pod: Object) -> list[str]:
    """The containers that run right now, init containers left out."""
    found = status(pod).get("containerStatuses") or ()
    return [each["name"] for each in found if "running" in (each.get("state") or {})]


def waiting(pod: Object) -> Iterator[tuple[str, Object, Object]]:
    """The containers that wait for something: name, `reason` and `message`, and how they ended before."""
    for found in _container_statuses(pod):
        if why := (found.get("state") or {}).get("waiting"):
            yield found["name"], why, (found.get("lastState") or {}).get("terminated") or {}


def terminated(pod: Object) -> dict[str, Object]:
    """How the ended containers ended: `exitCode`, `reason` and `message`, by name."""
    ends = {each["name"]: (each.get("state") or {}).get("terminated") for each in _container_statuses(pod)}
    return {container: end for container, end in ends.items() if end}


def failed(pod: Object) -> bool:
    """Whether a container of the pod ended with an error, or the pod was evicted."""
    return phase(pod) == "Failed" or any(end.get("exitCode", 0) != 0 for end in terminated(pod).values())


def unschedulable(pod: Object) -> str:
    """The scheduler's message if it finds no node for the pod, else empty."""
    scheduled = _condition(pod, "PodScheduled")
    found = scheduled.get("reason") == "Unschedulable"
    return str(scheduled.get("message") or "Unschedulable") if found else ""


def ready(pod: Object) -> bool:
    """Whether the pod is ready, by its readiness probe."""
    return _condition(pod, "Ready").get("status") == "True"


def collectors_tag(pods: Iterable[Object]) -> str:
    """The tag of the collector's image that Katib's webhook puts into pods, which is Katib's version.

    Empty where no pod has a collector, or its image is named by its digest.
    """
    specs = [pod.get("spec") or {} for pod in pods]
    boxes = [box for spec in specs for box in spec.get("containers") or ()]
    images = [str(box.get("image")) for box in boxes if box.get("name") in COLLECTORS]
    tags = (image.rpartition("/")[2].partition(":")[2] for image in images if "@" not in image)
    return next(filter(None, tags), "")


def lost(pod: Object, now: datetime | None = None) -> str:
    """Why a pod that looks alive may be gone; empty if there is no sign of that.

    A node that is gone cannot say so: its pods keep the status that its kubelet wrote last. The control
    plane marks them unready, though their containers are ready, and later requests a deletion that no
    kubelet carries out.

    Args:
        pod: A pod.
        now: The server's time; without it every deletion counts as overdue.
    """
    spec = pod.get("spec") or {}
    node = f"node {spec.get('nodeName') or 'of the pod'}"
    if phase(pod) in ("Succeeded", "Failed"):
        return ""
    if phase(pod) == "Unknown" or status(pod).get("reason") == "NodeLost":
        return f"{node} does not answer"
    if due := moment(pod["metadata"].get("deletionTimestamp")):
        overdue = now is None or now > due
        return f"{node} has not ended it by {due:%H:%M:%S} UTC, as it should" if overdue else ""
    pod_is, containers_are = (_condition(pod, each).get("status") for each in ("Ready", "ContainersReady"))
    unready = pod_is == "False" and containers_are == "True"
    # With a readiness gate, another controller may have made the pod unready.
    return f"{node} is not ready" if unready and not spec.get("readinessGates") else ""


def _condition(pod: Object, kind: str) -> Object:
    found = status(pod).get("conditions") or ()
    return next((each for each in found if each.get("type") == kind), {})


def _container_statuses(pod: Object) -> list[Object]:
    found = status(pod)
    return [*(found.get("initContainerStatuses") or ()), *(found.get("containerStatuses") or ())]
