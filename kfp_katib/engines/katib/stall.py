# SPDX-License-Identifier: Apache-2.0
"""What keeps a search from going on, found in the mirror alone. Pure, and it costs no request.

Katib itself reports none of these: its Experiment stays Created or Running for ever. A finding becomes a
sentence in `blame.py`, which looks at events and logs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kfp_katib.engines.katib import pods, read
from kfp_katib.engines.katib.kinds import PODS
from kfp_katib.engines.katib.mirror import Mirror
from kfp_katib.results import ACTIVE

IMAGE = frozenset({"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"})
BROKEN = frozenset({"CreateContainerConfigError", "CreateContainerError", "RunContainerError"})

GRACE_SECONDS: Mapping[str, float] = {
    "unreachable": 15,
    "node": 30,
    "image": 10,
    "container": 10,
    "crash": 20,
    "unschedulable": 15,
    "starting": 60,
    "sidecar": 45,
    "unreported": 45,
    "not-taken-over": 45,
    "no-pod": 20,
    "no-controller": 20,
    "no-suggestion": 30,
    "no-service-pod": 20,
    "service-not-ready": 90,
    "no-answer": 30,
    "no-trial": 30,
    "silent": 120,
}
"""How long a sign must last to mean anything; what passes by itself in a healthy cluster takes less."""


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that blocks: what it is, whom it concerns, and the words of whoever noticed.

    `reached` says how far the search had come where that tells one sign from the next: on a busy Katib some
    suggestion always waits to become a trial, and none of them waits for long.
    """

    cause: str
    subject: str
    words: str = ""
    reached: int = 0

    @property
    def key(self) -> tuple[str, str, int]:
        """What stays the same while the words change (a back-off counts up)."""
        return self.cause, self.subject, self.reached


def signs(mirror: Mirror, primary: str, now: datetime | None = None) -> list[Sign]:
    """Everything that blocks at the moment.

    While the API server does not answer, that alone is known: all else is as old as its last answer.

    Args:
        mirror: What is known of the search.
        primary: The container whose metrics count.
        now: The server's time.
    """
    lost = [Sign("unreachable", kind.plural, str(error)) for kind, error in mirror.lost.items()]
    experiment = mirror.experiment
    if lost or experiment is None or read.verdict(experiment).final:
        return lost
    active = [read.name(each) for each in mirror.trials if read.trial_state(each) in ACTIVE]
    found = list(_of_controller(mirror, experiment))
    found += [
        Sign("not-taken-over", read.name(each), "the trial has its metrics, and is not completed")
        for each in mirror.trials
        if read.trial_state(each) == "Running" and read.status(each).get("observation")
    ]
    found += [sign for name in active for sign in _of_trial(mirror, name, primary, now)]
    found += [sign for pod in mirror.suggestion_pods() for sign in _of_pod(pod, now)]
    if not found and not working(mirror, primary, now):
        found.append(Sign("silent", mirror.name))
    return list({sign.key: sign for sign in reversed(found)}.values())[::-1]


def working(mirror: Mirror, primary: str, now: datetime | None = None) -> bool:
    """Whether some trial is being computed, which may take as long as it takes."""
    active = [read.name(each) for each in mirror.trials if read.trial_state(each) in ACTIVE]
    if PODS in mirror.denied:
        return bool(active)
    alive = (pod for name in active for pod in mirror.pods(name) if not pods.lost(pod, now))
    return any(primary in pods.running(pod) for pod in alive)


def _of_controller(mirror: Mirror, experiment: Mapping[str, Any]) -> Iterator[Sign]:
    """What Katib's controller should have done by now and has not."""
    suggestion = mirror.suggestion
    if not read.status(experiment).get("conditions"):
        yield Sign("no-controller", mirror.name)
    elif suggestion is None:
        yield Sign("no-suggestion", mirror.name)
    elif "DeploymentReady" not in read.true_conditions(suggestion):
        if PODS not in mirror.denied and not mirror.suggestion_pods():
            yield Sign("no-service-pod", mirror.service)
        if any(pods.ready(pod) for pod in mirror.suggestion_pods()):
            yield Sign("not-taken-over", mirror.service, "the suggestion service's pod is ready")
        else:
            yield Sign("service-not-ready", mirror.service)
    else:
        given = read.status(suggestion).get("suggestions") or ()
        if suggestion.get("spec", {}).get("requests", 0) > len(given):
            yield Sign("no-answer", mirror.name, reached=len(given))
        elif any(each["name"] not in mirror.trial_names for each in given):
            yield Sign("no-trial", mirror.name, reached=len(mirror.trial_names))


def _of_trial(mirror: Mirror, trial: str, primary: str, now: datetime | None) -> Iterator[Sign]:
    """What keeps one active trial."""
    if PODS in mirror.denied:
        return
    own = mirror.pods(trial)
    if not own:
        yield Sign("no-pod", trial)
    for pod in own:
        yield from _of_pod(pod, now)
        end = pods.terminated(pod, primary)
        if end and end.get("exitCode") == 0 and not pods.lost(pod, now):
            yield _of_ended(trial, pod)


def _of_ended(trial: str, pod: Mapping[str, Any]) -> Sign:
    """What an active trial waits for whose training has ended well."""
    rest = pods.running(pod)
    if rest:
        rest = [each for each in rest if each not in pods.COLLECTORS] or rest
        return Sign("sidecar", read.name(pod), ", ".join(rest))
    ends = (pods.terminated(pod, each) or {} for each in pods.COLLECTORS)
    if any(end.get("exitCode") == 0 for end in ends):
        return Sign("not-taken-over", trial, "its pod has ended well, and its collector has reported")
    return Sign("unreported", trial)


def _of_pod(pod: Mapping[str, Any], now: datetime | None) -> Iterator[Sign]:
    """What keeps one pod from running."""
    name = read.name(pod)
    if words := pods.lost(pod, now):
        yield Sign("node", name, words)
        return
    if words := pods.unschedulable(pod):
        yield Sign("unschedulable", name, words)
    for container, why, before in pods.waiting(pod):
        reason, message = why.get("reason", ""), why.get("message") or why.get("reason", "")
        if reason in IMAGE:
            yield Sign("image", name, f"container '{container}': {message}")
        elif reason in BROKEN:
            yield Sign("container", name, f"container '{container}': {message}")
        elif reason == "CrashLoopBackOff":
            yield Sign("crash", name, f"container '{container}' exited {before.get('exitCode')}")
        elif reason in ("ContainerCreating", "PodInitializing"):
            yield Sign("starting", name)
