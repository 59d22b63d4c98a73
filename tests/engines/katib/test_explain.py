# SPDX-License-Identifier: Apache-2.0
"""One sentence for each cause: what, in whose words, and what to do."""

from __future__ import annotations

import re

import pytest

from kfp_katib.engines.katib.diagnosis.causes import CAUSES
from kfp_katib.engines.katib.diagnosis.explain import (
    NO_COLLECTOR,
    Event,
    causes_first,
    latest_warning,
    sentence,
)
from kfp_katib.engines.katib.diagnosis.stall import Symptom


def event(name: str, reason: str, message: str, at: str = "2026-11-24T07:00:00Z") -> Event:
    """A warning about an object."""
    return {"involvedObject": {"name": name}, "reason": reason, "message": message, "lastTimestamp": at}


QUOTA = event("t", "FailedCreate", "exceeded quota: gpus")


@pytest.mark.parametrize("cause", CAUSES)
def test_every_cause_has_a_sentence(cause: str) -> None:
    """It names the subject, and ends with what to do."""
    text = sentence(Symptom(cause, "pod-1", "because"), ())
    assert "pod-1" in text
    assert text.count(". ") >= 1
    assert text.endswith(".")


def test_the_words_of_whoever_noticed_come_first() -> None:
    """The kubelet's message says more than an event about it."""
    assert "not found" in sentence(Symptom("image", "t", "not found"), [QUOTA])


def test_an_event_speaks_where_the_symptom_is_silent() -> None:
    """A Job that may not create its pod is told by an event only."""
    assert sentence(Symptom("no-pod", "t"), [QUOTA]).startswith(
        "trial 't' has no pod: FailedCreate: exceeded quota: gpus. "
    )


def test_a_further_look_speaks_where_there_is_no_event() -> None:
    """Events are forgotten after an hour."""
    assert "is suspended" in sentence(Symptom("no-pod", "t"), [], "its Job is suspended")
    assert "there is no event about it" in sentence(Symptom("no-pod", "t"), [])


@pytest.mark.parametrize(
    "symptom", [Symptom("crash", "x-1", "it exited 1"), Symptom("service-not-ready", "x-random")]
)
def test_a_program_that_does_not_come_up_speaks_for_itself(symptom: Symptom) -> None:
    """The kubelet knows only that it has ended, and that it is started again later."""
    log = "the last line of its log is 'No module named grpc'"
    text = sentence(symptom, [event("x-random-1", "BackOff", "Back-off restarting it")], log)
    assert f"{symptom.words or 'BackOff: Back-off restarting it'}; {log}. Look at its " in text


def test_a_collector_that_waits_is_no_sidecar() -> None:
    """It is Katib's own, and its log says why."""
    waits = Symptom("sidecar", "t-1", "metrics-logger-and-collector")
    text = sentence(waits, [], "the last line of its log is 'connection refused'")
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
    text = sentence(Symptom("no-answer", "x"), [event("x", "ReconcileError", message)])
    assert "such as nan" in text
    assert "katib#2723" in text


@pytest.mark.parametrize("cause", ["no-pod", "no-service-pod"])
def test_pods_that_katibs_webhook_keeps_back_are_explained(cause: str) -> None:
    """Quotas and rules of the namespace are innocent then; those of another's webhook may not be."""
    down = 'Error creating: failed calling webhook "mutator.pod.katib.kubeflow.org": connection refused'
    text = sentence(Symptom(cause, "x"), [event("x", "FailedCreate", down)])
    assert text.endswith("is the pod katib-controller running?")
    other = event("x", "FailedCreate", down.replace("katib.kubeflow.org", "example.org"))
    assert "katib-controller" not in sentence(Symptom(cause, "x"), [other])


def test_the_latest_warning_counts_and_that_of_the_object_itself_before_those_of_its_parts() -> None:
    """A ReplicaSet's event speaks for its Deployment, where the Deployment has none."""
    parts = [event("x-random-1", "Old", "a"), event("x-random-1", "FailedCreate", "b")]
    assert latest_warning("x-random", parts) == "FailedCreate: b"
    assert latest_warning("x-random", [*parts, event("x-random", "Own", "c")]) == "Own: c"
    assert latest_warning("x-ran", parts) == ""


def test_causes_come_before_what_follows_from_them() -> None:
    """A service whose image is missing is also not ready."""
    found = [Symptom("service-not-ready", "x"), Symptom("image", "x-random-1", "not found")]
    assert [each.cause for each in causes_first(found)] == ["image", "service-not-ready"]


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        ("no-answer", ""),
        ("no-trial", ""),
        ("unreported", ""),
        ("unreported", "its Job is complete"),
        ("no-pod", "its Job does not exist"),
        ("no-service-pod", "its Deployment does not exist"),
        ("not-taken-over", ""),
        ("no-controller", ""),
        ("no-suggestion", ""),
        ("silent", "its Job has failed"),
    ],
)
def test_what_nobody_explains_is_the_controllers_turn(cause: str, words: str) -> None:
    """The metric, the filter, the db-manager and the suggestion service have done their part."""
    text = sentence(Symptom(cause, "x"), [], words)
    assert "katib-controller" in text.partition(": ")[0] or "katib-controller" in text.partition(". ")[0]
    assert text.endswith(
        "Check that the pod katib-controller runs (kubectl get pods -A -l "
        "katib.kubeflow.org/component=controller), then its log."
    )
    assert not re.search("filter|db-manager|settings", text)


@pytest.mark.parametrize(
    ("cause", "words"), [("no-pod", "its Job is suspended"), ("no-pod", ""), ("no-service-pod", "")]
)
def test_the_controller_has_done_its_part_where_its_work_is_there(cause: str, words: str) -> None:
    """A Job without a pod is for others to explain, also where we may not look at it."""
    assert "katib-controller" not in sentence(Symptom(cause, "x"), [], words)


@pytest.mark.parametrize(
    "cause", ["no-answer", "no-trial", "unreported", "no-pod", "not-taken-over", "silent"]
)
def test_a_controller_that_is_down_comes_before_all_that_follows_from_it(cause: str) -> None:
    """Also before an event, which may be from the time when it still ran."""
    text = sentence(
        Symptom(cause, "x"), [event("x", "ReconcileError", "old")], down="its webhook does not answer"
    )
    assert text.startswith("katib-controller is down, its webhook does not answer; so ")


def test_a_full_node_is_no_fault_of_a_controller_that_is_down() -> None:
    """What the kubelet or the scheduler says holds whoever else is down."""
    text = sentence(Symptom("image", "x", "not found"), [], down="its webhook does not answer")
    assert "katib-controller" not in text


def test_a_pod_without_a_collector_is_told() -> None:
    """Its metrics would never come, whoever runs by now."""
    text = sentence(Symptom("unreported", "t"), [], NO_COLLECTOR)
    assert "Katib has no metric of it: its pod has no metrics collector" in text
    assert "primaryPodLabels" in text


@pytest.mark.parametrize("cause", ["no-answer", "no-trial", "unreported"])
def test_without_the_right_to_events_nobody_is_excluded(cause: str) -> None:
    """Somebody may have complained: both ways to go on are named."""
    text = sentence(Symptom(cause, "x"), None)
    assert "no right to list events" in text
    assert "Check that the pod katib-controller runs" in text
    assert text.count("Check") >= 2


def test_a_complete_job_speaks_for_itself() -> None:
    """Whatever may be read beside it."""
    text = sentence(Symptom("unreported", "x"), None, "its Job is complete")
    assert text.startswith("katib-controller does not act on trial 'x'")
