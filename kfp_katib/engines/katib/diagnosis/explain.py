# SPDX-License-Identifier: Apache-2.0
"""One sentence for each symptom: what blocks, in the words of the component that knows, and what to do.

What the watches do not show is requested only when there is something to explain: events, a Job, a
Deployment or a log, and whether katib-controller is alive.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from kfp_katib.engines.katib.api import resources
from kfp_katib.engines.katib.api.cache import Cache
from kfp_katib.engines.katib.api.client import Cluster
from kfp_katib.engines.katib.api.resources import COLLECTORS, Object
from kfp_katib.engines.katib.diagnosis.causes import CAUSES, CHECK_CONTROLLER, Cause
from kfp_katib.engines.katib.diagnosis.controller import why_down
from kfp_katib.engines.katib.diagnosis.faults import known_fault
from kfp_katib.engines.katib.diagnosis.stall import Symptom
from kfp_katib.errors import ClusterError

Event = Mapping[str, Any]

WEBHOOK_DOWN = "Katib's webhook does not answer: is the pod katib-controller running?"
NO_COLLECTOR = "its pod has no metrics collector, which Katib's webhook adds"

_NO_EVENT = "there is no event about it"
_NO_RIGHT = "we have no right to list events, which would tell more"
_JOB_COMPLETE, _JOB_FAILED = "its Job is complete", "its Job has failed"
_ABSENT = {"no-pod": "its Job does not exist", "no-service-pod": "its Deployment does not exist"}
# What katib-controller should have acted on.
_UNDONE = frozenset({_JOB_COMPLETE, _JOB_FAILED, *_ABSENT.values()})
_ORDER = list(CAUSES)
# What a program itself says of why it does not come up is told beside the kubelet's words.
_LOGGED = ("crash", "service-not-ready")
_COLLECTOR = Cause(
    CAUSES["sidecar"].grace_seconds,
    "the training in pod '{subject}' has ended, but Katib's collector has not",
    "Look at the collector's log and at Katib's db-manager.",
)
_INJECTION = (
    "Check the namespace's label katib.kubeflow.org/metrics-collector-injection, the template's "
    "primaryPodLabels, and the pod katib-controller, which serves the webhook."
)
_KATIBS_WEBHOOK = re.compile(r'failed calling webhook "[\w.]+\.katib\.kubeflow\.org"')


def explain(cluster: Cluster, cache: Cache, found: Sequence[Symptom]) -> list[str]:
    """A sentence for each symptom, causes before what merely follows from them."""
    events = warnings(cluster, cache.name)
    suspect = any(CAUSES[each.cause].of_controller for each in found)
    down = why_down(cluster, cache.experiment) if suspect and cache.experiment else ""
    return [
        sentence(each, events, look_closer(cluster, each, cache), down=down, algorithm=cache.algorithm)
        for each in causes_first(found)
    ]


def causes_first(found: Sequence[Symptom]) -> list[Symptom]:
    """The symptoms, causes first."""
    return sorted(found, key=lambda each: _ORDER.index(each.cause))


def warnings(cluster: Cluster, name: str) -> list[Event] | None:
    """The warnings among the namespace's events that concern an Experiment, latest last.

    None if they cannot be read, which is not the same as no warnings.
    """
    try:
        found, _ = cluster.list(resources.EVENTS, fieldSelector="type=Warning")
    except ClusterError:
        return None
    own = [event for event in found if f"{event['involvedObject'].get('name', '')}-".startswith(f"{name}-")]
    return sorted((event for event in own if not _passes_by_itself(event)), key=_time)


def sentence(
    symptom: Symptom,
    events: Sequence[Event] | None,
    words: str = "",
    *,
    down: str = "",
    algorithm: str = "",
) -> str:
    """What blocks, and what to do.

    Args:
        symptom: What was found.
        events: Warnings, latest last; None where they cannot be read.
        words: What `look_closer` found, for a symptom without words of its own.
        down: What shows that katib-controller is not running, if anything does.
        algorithm: The search's algorithm, for what is known to be Katib's own fault.
    """
    cause = CAUSES[symptom.cause]
    known = symptom.words or latest_warning(symptom.subject, events or ()) or words
    if symptom.cause in _LOGGED and words not in known:
        known = f"{known}; {words}"
    if symptom.cause == "sidecar" and set(symptom.words.split(", ")) <= set(COLLECTORS):
        cause, known = _COLLECTOR, words or "it still waits"
    unread = events is None
    what, fix = cause.what, cause.fix
    text = known or (_NO_RIGHT if unread else _NO_EVENT)
    if cause.unexplained and (words in _UNDONE or not (known or unread or symptom.cause in _ABSENT)):
        what, fix = cause.unexplained, CHECK_CONTROLLER
    elif cause.unexplained and not known and unread:
        fix = f"{fix} {CHECK_CONTROLLER}"
    if down and cause.of_controller:
        what, fix = f"katib-controller is down, {down.rstrip('.')}; so {what}", CHECK_CONTROLLER
    elif words == NO_COLLECTOR:
        fix = _INJECTION
    elif symptom.cause == "no-answer":
        fix = known_fault(text, algorithm) or fix
    elif _KATIBS_WEBHOOK.search(text):
        fix = WEBHOOK_DOWN
    return f"{what.format(subject=symptom.subject)}: {text.rstrip('.')}. {fix}"


def latest_warning(subject: str, events: Sequence[Event]) -> str:
    """The latest warning about an object, or about what was made from it (a Job's pods, a ReplicaSet)."""
    exact = [event for event in events if event["involvedObject"].get("name") == subject]
    made = [event for event in events if event["involvedObject"].get("name", "").startswith(f"{subject}-")]
    chosen = (exact or made)[-1:]
    return "".join(f"{event.get('reason')}: {' '.join(event.get('message', '').split())}" for event in chosen)


def look_closer(cluster: Cluster, symptom: Symptom, cache: Cache) -> str:
    """What only a further request can tell about a symptom; empty if it tells nothing."""
    subject = symptom.subject
    try:
        match symptom.cause:
            case "no-pod" if _runs_jobs(cache):
                return _of_job(cluster.get(resources.JOBS, subject))
            case "no-service-pod":
                failure = resources.true_conditions(cluster.get(resources.DEPLOYMENTS, subject)).get(
                    "ReplicaFailure"
                )
                return str((failure or {}).get("message") or "")
            case "service-not-ready":
                return _last_line(cluster, cache.pods_of(None))
            case "crash":
                pods = [pod for pod in cache.pods if resources.name(pod) == subject]
                crashing = [name for pod in pods for name, _, _ in resources.waiting(pod)]
                return _last_line(cluster, pods, crashing)
            case "sidecar":
                pods = [pod for pod in cache.pods if resources.name(pod) == subject]
                return _last_line(cluster, pods, COLLECTORS)
            case "unreported":
                return _uncollected(cluster, subject, cache)
            case "silent":
                return next((done for each in cache.active if (done := _job_end(cluster, each))), "")
    except ClusterError as error:
        return _ABSENT.get(symptom.cause, "") if error.status == 404 else ""
    return ""


def _passes_by_itself(event: Event) -> bool:
    """Whether two controllers merely collided, which Katib reports as an error and then tries again."""
    return event.get("reason") == "ReconcileError" and any(
        words in event.get("message", "") for words in ("already exists", "object has been modified")
    )


def _time(event: Event) -> str:
    times = ("lastTimestamp", "eventTime", "firstTimestamp")
    return next((str(event[key]) for key in times if event.get(key)), "")


def _runs_jobs(cache: Cache) -> bool:
    """Whether the trials are Jobs; what another kind creates is not known here."""
    template = ((cache.experiment or {}).get("spec") or {}).get("trialTemplate") or {}
    return bool((template.get("trialSpec") or {}).get("kind", "Job") == "Job")


def _of_job(job: Object) -> str:
    if job["spec"].get("suspend"):
        return "its Job is suspended, as a queue does until there is room"
    holds = resources.true_conditions(job).values()
    return "; ".join(f"{each.get('reason')}: {each.get('message')}" for each in holds)


def _job_end(cluster: Cluster, trial: str) -> str:
    """How a trial's Job ended, empty if it has not, or cannot be read."""
    try:
        holds = resources.true_conditions(cluster.get(resources.JOBS, trial))
    except ClusterError:
        return ""
    return _JOB_COMPLETE if "Complete" in holds else _JOB_FAILED if "Failed" in holds else ""


def _uncollected(cluster: Cluster, trial: str, cache: Cache) -> str:
    """Why there is no metric of a trial that has ended."""
    spec, pods = (cache.experiment or {}).get("spec") or {}, cache.pods_of(trial)
    kind = ((spec.get("metricsCollectorSpec") or {}).get("collector") or {}).get("kind")
    found = {container for pod in pods for container in resources.containers(pod)}
    if kind in ("StdOut", "File", "TensorFlowEvent") and found.isdisjoint(COLLECTORS):
        return NO_COLLECTOR
    return _job_end(cluster, trial) or _last_line(cluster, pods, COLLECTORS)


def _last_line(cluster: Cluster, pods: Sequence[Object], wanted: Sequence[str] = ()) -> str:
    """The last line that a container of the pods wrote."""
    for pod in pods:
        for container in resources.containers(pod):
            if not wanted or container in wanted:
                lines = cluster.log(resources.name(pod), container, lines=3).strip().splitlines()
                return f"the last line of {container}'s log is {lines[-1]!r}" if lines else ""
    return ""
