# SPDX-License-Identifier: Apache-2.0
"""What blocks a search, found in the cache alone. Pure, and it costs no request.

Katib itself reports none of these: its Experiment stays Created or Running forever. `explain` turns a
symptom into a sentence with the help of events and logs; `monitor` decides when to report it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from kfp_katib.engines.katib.api import resources, verdicts
from kfp_katib.engines.katib.api.cache import Cache
from kfp_katib.engines.katib.api.resources import COLLECTORS, PODS, Object

_WAITS_FOR = {
    **dict.fromkeys(("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"), "image"),
    **dict.fromkeys(("CreateContainerConfigError", "CreateContainerError", "RunContainerError"), "container"),
    **dict.fromkeys(("ContainerCreating", "PodInitializing"), "starting"),
    "CrashLoopBackOff": "crash",
}


@dataclass(frozen=True, slots=True)
class Symptom:
    """One thing that blocks: what it is, which object it concerns, and details if there are any.

    `reached` is how far the search had got, where that tells one symptom from the next: on a busy Katib
    some suggestion is always waiting to become a trial, and none of them waits for long.
    """

    cause: str
    subject: str
    words: str = ""
    reached: int = 0

    @property
    def key(self) -> tuple[str, str, int]:
        """What identifies the symptom while its words change (a back-off counts up)."""
        return self.cause, self.subject, self.reached


def symptoms(cache: Cache, primary: str, now: datetime | None = None) -> list[Symptom]:
    """Everything that blocks at the moment.

    While the API server does not answer, that is the only symptom: all else is as old as its last answer.

    Args:
        cache: What is known of the search.
        primary: The container whose metrics count.
        now: The server's time.
    """
    lost = [Symptom("unreachable", kind.plural, str(error)) for kind, error in cache.lost.items()]
    experiment = cache.experiment
    if lost or experiment is None or verdicts.condition(experiment).final:
        return lost
    found = list(_of_controller(cache, experiment))
    found += [
        Symptom("not-taken-over", resources.name(each), "the trial has its metrics, and is not completed")
        for each in cache.trials
        if resources.trial_state(each) == "Running" and resources.status(each).get("observation")
    ]
    found += [Symptom("unread", name, "its Job is deleted") for name in _unread(cache)]
    if PODS not in cache.denied:
        found += [each for name in cache.active for each in _of_trial(cache, name, primary, now)]
    found += [each for pod in cache.pods_of(None) for each in _of_pod(pod, now)]
    if not found and not working(cache, primary, now):
        found.append(Symptom("silent", cache.name))
    return list({each.key: each for each in reversed(found)}.values())[::-1]


def working(cache: Cache, primary: str, now: datetime | None = None) -> bool:
    """Whether any trial is computing, which may take as long as it needs."""
    if PODS in cache.denied:
        return bool(cache.active)
    pods = (pod for name in cache.active for pod in cache.pods_of(name))
    return any(primary in resources.running(pod) for pod in pods if not resources.lost(pod, now))


def _of_controller(cache: Cache, experiment: Object) -> Iterator[Symptom]:
    """What Katib's controller should have done by now and has not."""
    suggestion, pods = cache.suggestion, cache.pods_of(None)
    if not resources.status(experiment).get("conditions"):
        yield Symptom("no-controller", cache.name)
    elif verdicts.awaits_restart(experiment):
        yield Symptom("not-restarted", cache.name, "it still shows its old verdict")
    elif suggestion is None:
        yield Symptom("no-suggestion", cache.name)
    elif "DeploymentReady" not in resources.true_conditions(suggestion):
        if PODS not in cache.denied and not pods:
            yield Symptom("no-service-pod", cache.service)
        if any(resources.ready(pod) for pod in pods):
            yield Symptom("not-taken-over", cache.service, "the suggestion service's pod is ready")
        else:
            yield Symptom("service-not-ready", cache.service)
    else:
        given = resources.status(suggestion).get("suggestions") or ()
        if suggestion.get("spec", {}).get("requests", 0) > len(given):
            yield Symptom("no-answer", cache.name, reached=len(given))
        elif any(each["name"] not in cache.trial_names for each in given):
            yield Symptom("no-trial", cache.name, reached=len(cache.trial_names))


def _unread(cache: Cache) -> Iterator[str]:
    """Trials that were stopped early and have no metrics, whose Jobs Katib does not keep."""
    template = ((cache.experiment or {}).get("spec") or {}).get("trialTemplate") or {}
    for trial in cache.trials if not template.get("retain") else ():
        if resources.trial_state(trial) == "EarlyStopped" and not resources.status(trial).get("observation"):
            yield resources.name(trial)


def _of_trial(cache: Cache, trial: str, primary: str, now: datetime | None) -> Iterator[Symptom]:
    """What blocks one active trial."""
    pods = cache.pods_of(trial)
    if not pods:
        yield Symptom("no-pod", trial)
    for pod in pods:
        yield from _of_pod(pod, now)
        end = resources.terminated(pod).get(primary)
        if end and end.get("exitCode") == 0 and not resources.lost(pod, now):
            yield _of_ended(trial, pod)


def _of_ended(trial: str, pod: Object) -> Symptom:
    """What an active trial waits for after its training has ended well."""
    if rest := resources.running(pod):
        sidecars = [each for each in rest if each not in COLLECTORS]
        return Symptom("sidecar", resources.name(pod), ", ".join(sidecars or rest))
    ends = resources.terminated(pod)
    if any(each in ends and ends[each].get("exitCode") == 0 for each in COLLECTORS):
        return Symptom("not-taken-over", trial, "its pod has ended well, and its collector has reported")
    return Symptom("unreported", trial)


def _of_pod(pod: Object, now: datetime | None) -> Iterator[Symptom]:
    """What keeps one pod from running."""
    name = resources.name(pod)
    if words := resources.lost(pod, now):
        yield Symptom("node", name, words)
        return
    if words := resources.unschedulable(pod):
        yield Symptom("unschedulable", name, words)
    for container, why, before in resources.waiting(pod):
        reason = why.get("reason", "")
        cause = _WAITS_FOR.get(reason)
        if cause == "crash":
            yield Symptom(cause, name, f"container '{container}' exited {before.get('exitCode')}")
        elif cause == "starting":
            yield Symptom(cause, name)
        elif cause:
            yield Symptom(cause, name, f"container '{container}': {why.get('message') or reason}")
