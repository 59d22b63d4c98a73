# SPDX-License-Identifier: Apache-2.0
"""What blocks a search, found in the cache alone. Pure, and it costs no request.

Katib itself reports none of these: its Experiment stays Created or Running forever. `explain` turns a
symptom into a sentence with the help of events and logs; `monitor` decides when to report it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from kfp_katib.engines.katib.api import resources, verdicts
from kfp_katib.engines.katib.api.cache import Cache
from kfp_katib.engines.katib.api.resources import COLLECTORS, PODS, Object

CONTROLLER_PODS = "kubectl get pods -A -l katib.kubeflow.org/component=controller"
CHECK_CONTROLLER = f"Check that the pod katib-controller runs ({CONTROLLER_PODS}), then its log."


@dataclass(frozen=True, slots=True)
class Cause:
    """What can block a search, and how to report it.

    Attributes:
        grace_seconds: How long it must last to matter; in a healthy cluster it passes sooner.
        what: The sentence about a `subject`; further details follow it.
        fix: What to do about it.
        unexplained: The sentence if no event and no object's state tells more: everybody else has done
            their part, and it is the controller's turn.
    """

    grace_seconds: float
    what: str
    fix: str
    unexplained: str = ""

    @property
    def of_controller(self) -> bool:
        """Whether the cause may be that katib-controller is not running."""
        return bool(self.unexplained) or self.fix == CHECK_CONTROLLER


# Causes come before what merely follows from them.
CAUSES: Mapping[str, Cause] = {
    "unreachable": Cause(
        15, "the API server does not answer the watch of {subject}", "It is asked again every few seconds."
    ),
    "image": Cause(
        10, "pod '{subject}' has no image", "Check the image's name and tag, and imagePullSecrets."
    ),
    "container": Cause(
        10, "pod '{subject}' cannot start", "Check the command, and the Secrets and ConfigMaps of its env."
    ),
    "crash": Cause(20, "pod '{subject}' crashes again and again", "Look at its log."),
    "node": Cause(
        30,
        "pod '{subject}' is lost",
        "Bring the node back, or delete it; then Kubernetes ends the pod, and Katib goes on.",
    ),
    "unschedulable": Cause(
        15,
        "no node can take pod '{subject}'",
        "Ask for less, wait for a node, or add what tolerations and selectors it needs.",
    ),
    "starting": Cause(
        60, "pod '{subject}' does not get past its preparation", "Check the volumes that it mounts."
    ),
    "sidecar": Cause(
        45,
        "the training in pod '{subject}' has ended, but Katib waits for what still runs",
        "A sidecar must end with the training; Istio's stays out by the pod label "
        "sidecar.istio.io/inject: 'false'.",
    ),
    "unreported": Cause(
        45,
        "trial '{subject}' has ended, but Katib has no metric of it",
        "Check the metric's name, the collector's filter, and Katib's db-manager.",
        "katib-controller does not act on trial '{subject}', which has ended",
    ),
    "not-taken-over": Cause(45, "katib-controller does not act on '{subject}'", CHECK_CONTROLLER),
    "no-pod": Cause(
        20,
        "trial '{subject}' has no pod",
        "Ask for less, or fix the trialSpec.",
        "katib-controller has made no Job for trial '{subject}'",
    ),
    "no-controller": Cause(
        20, "katib-controller has not looked at Experiment '{subject}' yet", CHECK_CONTROLLER
    ),
    "not-restarted": Cause(
        30,
        "katib-controller does not restart Experiment '{subject}', though its budget was raised",
        CHECK_CONTROLLER,
    ),
    "no-suggestion": Cause(
        30, "katib-controller has made no Suggestion for Experiment '{subject}'", CHECK_CONTROLLER
    ),
    "no-service-pod": Cause(
        20,
        "the suggestion service '{subject}' has no pod",
        "Check quotas and admission rules of the namespace.",
        "katib-controller has made no Deployment '{subject}' for the suggestions",
    ),
    "service-not-ready": Cause(90, "the suggestion service '{subject}' is not ready", "Look at its pod."),
    "no-answer": Cause(
        30,
        "the suggestion service of '{subject}' suggests nothing",
        "Check the algorithm's settings against the search space.",
        "the suggestions of '{subject}' are served, and katib-controller takes none",
    ),
    "no-trial": Cause(
        30,
        "Katib makes no Trial from the suggestions for '{subject}'",
        "Check that the trialTemplate uses every parameter.",
        "katib-controller makes no Trial from the suggestions for '{subject}'",
    ),
    "silent": Cause(
        120, "katib-controller does not act on Experiment '{subject}', and nothing runs", CHECK_CONTROLLER
    ),
}

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
