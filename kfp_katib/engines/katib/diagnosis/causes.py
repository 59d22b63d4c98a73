# SPDX-License-Identifier: Apache-2.0
"""What can block a search: how long it may last, how to say it, and what to do about it.

`stall` finds out which of these there are; `explain` makes the sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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
    "unread": Cause(
        30,
        "Katib does not read the metrics of trial '{subject}', which was stopped early, and lets the search "
        "wait for them",
        "Set spec.trialTemplate.retain to true: with early stopping Katib needs the trial's Job afterwards "
        "(katib#1377).",
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
