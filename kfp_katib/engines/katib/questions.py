# SPDX-License-Identifier: Apache-2.0
"""What only one more request can tell about a sign: a look at a Job, a Deployment or a log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kfp_katib.engines.katib import pods, read
from kfp_katib.engines.katib.connect import Cluster
from kfp_katib.engines.katib.kinds import DEPLOYMENTS, JOBS
from kfp_katib.engines.katib.mirror import Mirror
from kfp_katib.engines.katib.stall import Sign
from kfp_katib.errors import ClusterError
from kfp_katib.results import ACTIVE

JOB_COMPLETE, JOB_FAILED = "its Job is complete", "its Job has failed"
NO_COLLECTOR = "its pod has no metrics collector, which Katib's webhook adds"
_COLLECTED = ("StdOut", "File", "TensorFlowEvent")
ABSENT = {"no-pod": "its Job does not exist", "no-service-pod": "its Deployment does not exist"}
UNDONE = frozenset({JOB_COMPLETE, JOB_FAILED, *ABSENT.values()})
"""What is there or lacking because katib-controller has not acted on it."""


def ask(cluster: Cluster, sign: Sign, mirror: Mirror) -> str:
    """What only a further request can tell about a sign; empty where it tells nothing."""
    try:
        if sign.cause == "no-pod" and _runs_jobs(mirror):
            return _of_job(cluster.get(JOBS, sign.subject))
        if sign.cause == "no-service-pod":
            return _of_deployment(cluster.get(DEPLOYMENTS, sign.subject))
        if sign.cause == "service-not-ready":
            return _log_line(cluster, mirror.suggestion_pods())
        if sign.cause == "unreported" and (why := _uncollected(cluster, sign.subject, mirror)):
            return why
        if sign.cause in ("sidecar", "unreported"):
            return _log_line(cluster, _pods_of(mirror, sign.subject), pods.COLLECTORS)
        if sign.cause == "silent":
            active = (each for each in mirror.trials if read.trial_state(each) in ACTIVE)
            return next((done for each in active if (done := _done(cluster, read.name(each)))), "")
    except ClusterError as error:
        return ABSENT.get(sign.cause, "") if error.status == 404 else ""
    return ""


def _runs_jobs(mirror: Mirror) -> bool:
    """Whether the trials are Jobs; what another kind makes is not known here."""
    template = ((mirror.experiment or {}).get("spec") or {}).get("trialTemplate") or {}
    return bool((template.get("trialSpec") or {}).get("kind", "Job") == "Job")


def _uncollected(cluster: Cluster, trial: str, mirror: Mirror) -> str:
    spec = (mirror.experiment or {}).get("spec") or {}
    kind = ((spec.get("metricsCollectorSpec") or {}).get("collector") or {}).get("kind")
    boxes = {box for pod in mirror.pods(trial) for box in pods.containers(pod)}
    if kind in _COLLECTED and boxes.isdisjoint(pods.COLLECTORS):
        return NO_COLLECTOR
    return _done(cluster, trial)


def _done(cluster: Cluster, trial: str) -> str:
    """That a trial's Job has its end, empty where it has not or cannot be read."""
    try:
        holds = read.true_conditions(cluster.get(JOBS, trial))
    except ClusterError:
        return ""
    return JOB_COMPLETE if "Complete" in holds else JOB_FAILED if "Failed" in holds else ""


def _pods_of(mirror: Mirror, subject: str) -> list[dict[str, Any]]:
    named = [pod for pod in mirror.all_pods() if read.name(pod) == subject]
    return named or mirror.pods(subject)


def _of_job(job: Mapping[str, Any]) -> str:
    if job["spec"].get("suspend"):
        return "its Job is suspended, as a queue does it until there is room"
    holds = read.true_conditions(job).values()
    return "; ".join(f"{each.get('reason')}: {each.get('message')}" for each in holds)


def _of_deployment(deployment: Mapping[str, Any]) -> str:
    failure = read.true_conditions(deployment).get("ReplicaFailure") or {}
    return str(failure.get("message") or "")


def _log_line(cluster: Cluster, found: Sequence[Mapping[str, Any]], wanted: Sequence[str] = ()) -> str:
    """The last line that a container of the pods wrote."""
    for pod in found:
        for container in pods.containers(pod):
            if not wanted or container in wanted:
                lines = cluster.log(read.name(pod), container, lines=3).strip().splitlines()
                return f"the last line of {container}'s log is {lines[-1]!r}" if lines else ""
    return ""
