# SPDX-License-Identifier: Apache-2.0
"""One sentence for each sign: what blocks, in the words of the component that knows, and what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from kfp_katib.cluster import pods, read
from kfp_katib.cluster.connect import Cluster
from kfp_katib.cluster.kinds import DEPLOYMENTS, EVENTS, JOBS
from kfp_katib.cluster.mirror import Mirror
from kfp_katib.cluster.stall import Sign
from kfp_katib.errors import ClusterError

Event = Mapping[str, Any]

_SENTENCES: Mapping[str, tuple[str, str]] = {
    "unreachable": (
        "the API server does not answer the watch of {subject}: {words}",
        "It is asked again every few seconds.",
    ),
    "image": (
        "pod '{subject}' has no image: {words}",
        "Check the image's name and tag, and imagePullSecrets.",
    ),
    "container": (
        "pod '{subject}' cannot start: {words}",
        "Check the command, and the Secrets and ConfigMaps of its env.",
    ),
    "crash": ("pod '{subject}' crashes again and again: {words}", "Look at its log."),
    "unschedulable": (
        "no node can take pod '{subject}': {words}",
        "Ask for less, wait for a node, or add what tolerations and selectors it needs.",
    ),
    "starting": (
        "pod '{subject}' does not get past its preparation: {words}",
        "Check the volumes that it mounts.",
    ),
    "sidecar": (
        "the training in pod '{subject}' has ended, but Katib waits for {words}, which still runs",
        "A sidecar must end with the training; Istio's stays out by the pod label "
        "sidecar.istio.io/inject: 'false'.",
    ),
    "collector": (
        "the training in pod '{subject}' has ended, but Katib's collector has not: {words}",
        "Look at the collector's log and at Katib's db-manager.",
    ),
    "unreported": (
        "trial '{subject}' has ended, but Katib has no metric of it: {words}",
        "Check the metric's name, the collector's filter, and Katib's db-manager.",
    ),
    "no-pod": ("trial '{subject}' has no pod: {words}", "Ask for less, or mend the trialSpec."),
    "no-controller": (
        "Katib has not looked at Experiment '{subject}' yet: {words}",
        "Check the pod katib-controller.",
    ),
    "no-suggestion": (
        "Katib has made no Suggestion for Experiment '{subject}': {words}",
        "Check the log of katib-controller.",
    ),
    "no-service-pod": (
        "the suggestion service '{subject}' has no pod: {words}",
        "Check quotas and admission rules of the namespace.",
    ),
    "service-not-ready": (
        "the suggestion service '{subject}' is not ready: {words}",
        "Look at its pod.",
    ),
    "no-answer": (
        "the suggestion service of '{subject}' suggests nothing: {words}",
        "Check the algorithm's settings against the search space.",
    ),
    "no-trial": (
        "Katib makes no Trial from the suggestions for '{subject}': {words}",
        "Check that the trialTemplate uses every parameter.",
    ),
    "silent": (
        "nothing runs and nothing is said about Experiment '{subject}': {words}",
        "Check the log of katib-controller.",
    ),
}
# What the suggestion services in Go and in Python say about a metric that is no number.
_NO_NUMBER = ("strconv.ParseFloat", "could not convert string to float")
_NAN = (
    "A trial printed a metric that is no number, such as nan, and Katib's search cannot go on after that "
    "(katib#2723): let the training print a large finite number instead."
)
WEBHOOK_DOWN = "Katib's webhook does not answer: is the pod katib-controller running?"
_KATIBS_WEBHOOK = re.compile(r'failed calling webhook "[\w.]+\.katib\.kubeflow\.org"')
# What names the cause comes before what merely follows from it.
_ORDER = tuple(_SENTENCES)


def first(found: Sequence[Sign]) -> list[Sign]:
    """The signs, those that name a cause first."""
    return sorted(found, key=lambda sign: _ORDER.index(sign.cause))


def warnings(cluster: Cluster, name: str) -> list[Event]:
    """The warnings among the namespace's events that concern an Experiment, latest last."""
    try:
        found, _ = cluster.list(EVENTS, fieldSelector="type=Warning")
    except ClusterError:
        return []  # no right to events, or no answer: the sentence does without
    own = [event for event in found if f"{event['involvedObject'].get('name', '')}-".startswith(f"{name}-")]
    return sorted((event for event in own if not _passes_by_itself(event)), key=_time)


def sentence(sign: Sign, events: Sequence[Event], words: str = "") -> str:
    """What blocks, and what to do.

    Args:
        sign: What was found.
        events: Warnings, latest last.
        words: What a look at jobs, deployments or logs brought, where the sign has no words of its own.
    """
    cause = sign.cause
    if cause == "sidecar" and set(sign.words.split(", ")) <= set(pods.COLLECTORS):
        cause, words = "collector", words or "it still waits"
    told = said_of(sign.subject, events)
    text = words if cause == "collector" else sign.words or told or words or "there is no event about it"
    what, mend = _SENTENCES[cause]
    if cause == "no-answer" and any(words in text for words in _NO_NUMBER):
        mend = _NAN
    elif _KATIBS_WEBHOOK.search(text):
        mend = WEBHOOK_DOWN
    return f"{what.format(subject=sign.subject, words=text.rstrip('.'))}. {mend}"


def said_of(subject: str, events: Sequence[Event]) -> str:
    """The latest warning about an object, or about what was made from it (a Job's pods, a ReplicaSet)."""
    exact = [event for event in events if event["involvedObject"].get("name") == subject]
    made = [event for event in events if event["involvedObject"].get("name", "").startswith(f"{subject}-")]
    chosen = (exact or made)[-1:]
    return "".join(f"{event.get('reason')}: {' '.join(event.get('message', '').split())}" for event in chosen)


def ask(cluster: Cluster, sign: Sign, mirror: Mirror) -> str:
    """What only a further request can tell about a sign; empty where it tells nothing."""
    try:
        if sign.cause == "no-pod":
            return _of_job(cluster.get(JOBS, sign.subject))
        if sign.cause == "no-service-pod":
            return _of_deployment(cluster.get(DEPLOYMENTS, sign.subject))
        if sign.cause == "service-not-ready":
            return _log_line(cluster, mirror.suggestion_pods())
        if sign.cause in ("sidecar", "unreported"):
            return _log_line(cluster, _pods_of(mirror, sign.subject), pods.COLLECTORS)
    except ClusterError as error:
        return "" if error.status != 404 else "its Job does not exist" if sign.cause == "no-pod" else ""
    return ""


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


def _passes_by_itself(event: Event) -> bool:
    """Whether a controller was merely outrun by another, which Katib reports as an error and tries again."""
    return event.get("reason") == "ReconcileError" and any(
        words in event.get("message", "") for words in ("already exists", "object has been modified")
    )


def _time(event: Event) -> str:
    times = ("lastTimestamp", "eventTime", "firstTimestamp")
    return next((str(event[key]) for key in times if event.get(key)), "")
