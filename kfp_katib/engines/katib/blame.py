# SPDX-License-Identifier: Apache-2.0
"""One sentence for each sign: what blocks, in the words of the component that knows, and what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from kfp_katib.engines.katib import controller, pods
from kfp_katib.engines.katib.connect import Cluster
from kfp_katib.engines.katib.kinds import EVENTS
from kfp_katib.engines.katib.questions import ABSENT, NO_COLLECTOR, UNDONE
from kfp_katib.engines.katib.stall import Sign
from kfp_katib.errors import ClusterError

Event = Mapping[str, Any]

_CHECK = f"Check that the pod {controller.NAME} runs ({controller.LOOK}), then its log."
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
    "node": (
        "pod '{subject}' is lost: {words}",
        "Bring the node back, or delete it; then Kubernetes ends the pod, and Katib goes on.",
    ),
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
    "not-taken-over": ("katib-controller does not go on with '{subject}': {words}", _CHECK),
    "no-pod": ("trial '{subject}' has no pod: {words}", "Ask for less, or mend the trialSpec."),
    "no-controller": (
        "katib-controller has not looked at Experiment '{subject}' yet: {words}",
        _CHECK,
    ),
    "no-suggestion": (
        "katib-controller has made no Suggestion for Experiment '{subject}': {words}",
        _CHECK,
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
        "katib-controller does not go on with Experiment '{subject}', and nothing runs: {words}",
        _CHECK,
    ),
}
# Where neither an event nor anybody's state tells more, all that others do is done, and it is the
# controller's turn.
_UNEXPLAINED: Mapping[str, str] = {
    "unreported": "katib-controller does not go on with trial '{subject}', which has ended: {words}",
    "no-pod": "katib-controller has made no Job for trial '{subject}': {words}",
    "no-service-pod": "katib-controller has made no Deployment '{subject}' for the suggestions: {words}",
    "no-answer": "the suggestions of '{subject}' are served, and katib-controller takes none: {words}",
    "no-trial": "katib-controller makes no Trial from the suggestions for '{subject}': {words}",
}
OF_CONTROLLER = frozenset({*_UNEXPLAINED, "not-taken-over", "no-controller", "no-suggestion", "silent"})
"""The causes behind which a katib-controller may be that does not run."""
_INJECTION = (
    "Check the namespace's label katib.kubeflow.org/metrics-collector-injection, the template's "
    f"primaryPodLabels, and the pod {controller.NAME}, which serves the webhook."
)
_NOBODY = "there is no event about it"
_BLIND = "there is no right to list events, which would tell more"
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


def readable(cluster: Cluster) -> bool:
    """Whether events may be read at all: only then does their absence mean that nobody complains."""
    try:
        cluster.list(EVENTS, fieldSelector="type=Warning")
    except ClusterError:
        return False
    return True


def sentence(
    sign: Sign, events: Sequence[Event], words: str = "", *, down: str = "", blind: bool = False
) -> str:
    """What blocks, and what to do.

    Args:
        sign: What was found.
        events: Warnings, latest last.
        words: What a look at jobs, deployments or logs brought, where the sign has no words of its own.
        down: What shows that katib-controller does not run, where something does.
        blind: Whether events may not be read, so that nobody is excluded by their absence.
    """
    cause = sign.cause
    if cause == "sidecar" and set(sign.words.split(", ")) <= set(pods.COLLECTORS):
        cause, words = "collector", words or "it still waits"
    told = said_of(sign.subject, events)
    known = words if cause == "collector" else sign.words or told or words
    text = known or (_BLIND if blind else _NOBODY)
    what, fix = _SENTENCES[cause]
    if cause in _UNEXPLAINED and (words in UNDONE or not (known or blind or cause in ABSENT)):
        what, fix = _UNEXPLAINED[cause], _CHECK
    elif cause in _UNEXPLAINED and not known and blind:
        fix = f"{fix} {_CHECK}"
    if down and cause in OF_CONTROLLER:
        what, fix = f"katib-controller is down, {down.rstrip('.')}; so {what}", _CHECK
    elif words == NO_COLLECTOR:
        fix = _INJECTION
    elif cause == "no-answer" and any(words in text for words in _NO_NUMBER):
        fix = _NAN
    elif _KATIBS_WEBHOOK.search(text):
        fix = WEBHOOK_DOWN
    return f"{what.format(subject=sign.subject, words=text.rstrip('.'))}. {fix}"


def said_of(subject: str, events: Sequence[Event]) -> str:
    """The latest warning about an object, or about what was made from it (a Job's pods, a ReplicaSet)."""
    exact = [event for event in events if event["involvedObject"].get("name") == subject]
    made = [event for event in events if event["involvedObject"].get("name", "").startswith(f"{subject}-")]
    chosen = (exact or made)[-1:]
    return "".join(f"{event.get('reason')}: {' '.join(event.get('message', '').split())}" for event in chosen)


def _passes_by_itself(event: Event) -> bool:
    """Whether a controller was merely outrun by another, which Katib reports as an error and tries again."""
    return event.get("reason") == "ReconcileError" and any(
        words in event.get("message", "") for words in ("already exists", "object has been modified")
    )


def _time(event: Event) -> str:
    times = ("lastTimestamp", "eventTime", "firstTimestamp")
    return next((str(event[key]) for key in times if event.get(key)), "")
