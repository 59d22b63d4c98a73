# SPDX-License-Identifier: Apache-2.0
"""One sentence for each cause: what, in whose words, and what to do."""

from __future__ import annotations

import pytest

from kfp_katib.cluster.blame import Event, first, said_of, sentence
from kfp_katib.cluster.stall import GRACE_SECONDS, Sign


def event(name: str, reason: str, message: str, at: str = "2026-11-24T07:00:00Z") -> Event:
    """A warning about an object."""
    return {"involvedObject": {"name": name}, "reason": reason, "message": message, "lastTimestamp": at}


QUOTA = event("t", "FailedCreate", "exceeded quota: gpus")


@pytest.mark.parametrize("cause", GRACE_SECONDS)
def test_every_cause_has_a_sentence(cause: str) -> None:
    """It names the subject, and ends with what to do."""
    text = sentence(Sign(cause, "pod-1", "because"), ())
    assert "pod-1" in text
    assert text.count(". ") >= 1
    assert text.endswith(".")


def test_the_words_of_whoever_noticed_come_first() -> None:
    """The kubelet's message says more than an event about it."""
    assert "not found" in sentence(Sign("image", "t", "not found"), [QUOTA])


def test_an_event_speaks_where_the_sign_is_silent() -> None:
    """A Job that may not create its pod is told by an event only."""
    assert sentence(Sign("no-pod", "t"), [QUOTA]).startswith(
        "trial 't' has no pod: FailedCreate: exceeded quota: gpus. "
    )


def test_a_further_look_speaks_where_there_is_no_event() -> None:
    """Events are forgotten after an hour."""
    assert "is suspended" in sentence(Sign("no-pod", "t"), [], "its Job is suspended")
    assert "there is no event about it" in sentence(Sign("no-pod", "t"), [])


def test_a_collector_that_waits_is_no_sidecar() -> None:
    """It is Katib's own, and its log says why."""
    sign = Sign("sidecar", "t-1", "metrics-logger-and-collector")
    text = sentence(sign, [], "the last line of its log is 'connection refused'")
    assert "Katib's collector has not: the last line of its log is 'connection refused'" in text


@pytest.mark.parametrize(
    "message",
    [
        'rpc error: code = Internal desc = strconv.ParseFloat: parsing "": invalid syntax',
        "rpc error: code = Unknown desc = could not convert string to float: ''",
    ],
    ids=["goptuna", "hyperopt"],
)
def test_a_search_that_a_nan_has_stopped_is_explained(message: str) -> None:
    """The service's own words would send the user to the search space."""
    text = sentence(Sign("no-answer", "x"), [event("x", "ReconcileError", message)])
    assert "such as nan" in text
    assert "katib#2723" in text


@pytest.mark.parametrize("cause", ["no-pod", "no-service-pod"])
def test_pods_that_katibs_webhook_keeps_back_are_explained(cause: str) -> None:
    """Quotas and rules of the namespace are innocent then; those of another's webhook may not be."""
    down = 'Error creating: failed calling webhook "mutator.pod.katib.kubeflow.org": connection refused'
    text = sentence(Sign(cause, "x"), [event("x", "FailedCreate", down)])
    assert text.endswith("is the pod katib-controller running?")
    other = event("x", "FailedCreate", down.replace("katib.kubeflow.org", "example.org"))
    assert "katib-controller" not in sentence(Sign(cause, "x"), [other])


def test_the_latest_warning_counts_and_that_of_the_object_itself_before_those_of_its_parts() -> None:
    """A ReplicaSet's event speaks for its Deployment, where the Deployment has none."""
    parts = [event("x-random-1", "Old", "a"), event("x-random-1", "FailedCreate", "b")]
    assert said_of("x-random", parts) == "FailedCreate: b"
    assert said_of("x-random", [*parts, event("x-random", "Own", "c")]) == "Own: c"
    assert said_of("x-ran", parts) == ""


def test_causes_come_before_what_follows_from_them() -> None:
    """A service whose image is missing is also not ready."""
    found = [Sign("service-not-ready", "x"), Sign("image", "x-random-1", "not found")]
    assert [sign.cause for sign in first(found)] == ["image", "service-not-ready"]
