# SPDX-License-Identifier: Apache-2.0
"""What blocks a search, seen in what the watches tell; Katib reports none of these."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kfp_katib.engines.katib.api.cache import Cache
from kfp_katib.engines.katib.api.resources import PODS, TRIALS
from kfp_katib.engines.katib.api.watches import Change
from kfp_katib.engines.katib.diagnosis.stall import Symptom, symptoms, working
from kfp_katib.errors import ClusterError
from tests.engines.katib import made
from tests.engines.katib.made import COLLECTOR, cache_of, ended, experiment, listed, pod, thing, waits

READY = made.suggestion("DeploymentReady", requests=1, given=["t"])
SERVICE = pod("x-random-1", containers={"suggestion": {"running": {}}})
UNSCHEDULABLE = {"type": "PodScheduled", "reason": "Unschedulable", "message": "Insufficient gpu"}


def with_trial(*pods: dict[str, object]) -> Cache:
    """A search whose trial `t` runs, by Katib's word, and has these pods."""
    trial = thing("t", "Created", "Running")
    return cache_of(of_suggestion=READY, trials=[trial], pods=[SERVICE, *pods])


def blocked(cache: Cache) -> list[Symptom]:
    """What blocks a search whose trials' metrics come from `training`."""
    return symptoms(cache, "training")


@pytest.mark.parametrize(
    ("cache", "expected"),
    [
        (cache_of(of_experiment=experiment()), Symptom("no-controller", "x")),
        (cache_of(), Symptom("no-suggestion", "x")),
        (cache_of(of_suggestion=made.suggestion("Created")), Symptom("no-service-pod", "x-random")),
        (
            cache_of(of_suggestion=made.suggestion("Created"), pods=[SERVICE]),
            Symptom("service-not-ready", "x-random"),
        ),
        (
            cache_of(of_suggestion=made.suggestion("DeploymentReady", requests=1), pods=[SERVICE]),
            Symptom("no-answer", "x"),
        ),
        (cache_of(of_suggestion=READY, pods=[SERVICE]), Symptom("no-trial", "x")),
        (with_trial(), Symptom("no-pod", "t")),
        (
            with_trial(pod("t-1", trial="t", containers={"training": waits("ErrImagePull", "not found")})),
            Symptom("image", "t-1", "container 'training': not found"),
        ),
        (
            with_trial(pod("t-1", trial="t", containers={"training": waits("CreateContainerConfigError")})),
            Symptom("container", "t-1", "container 'training': CreateContainerConfigError"),
        ),
        (
            with_trial(pod("t-1", trial="t", containers={}, conditions=[UNSCHEDULABLE])),
            Symptom("unschedulable", "t-1", "Insufficient gpu"),
        ),
        (
            with_trial(pod("t-1", trial="t", containers={"training": waits("ContainerCreating")})),
            Symptom("starting", "t-1"),
        ),
        (
            with_trial(pod("t-1", trial="t", containers={"training": ended(), "proxy": {"running": {}}})),
            Symptom("sidecar", "t-1", "proxy"),
        ),
        (
            with_trial(pod("t-1", trial="t", phase="Succeeded", containers={"training": ended()})),
            Symptom("unreported", "t"),
        ),
        (
            cache_of(
                of_suggestion=made.suggestion("Created"),
                pods=[pod("x-random-1", containers={"suggestion": waits("CrashLoopBackOff")})],
            ),
            Symptom("crash", "x-random-1", "container 'suggestion' exited None"),
        ),
    ],
    ids=lambda value: value.cause if isinstance(value, Symptom) else "",
)
def test_a_cause_is_found(cache: Cache, expected: Symptom) -> None:
    """Each in a search where everything else is well."""
    assert expected in blocked(cache)


NOT_READY = [{"type": "Ready", "status": "False"}, {"type": "ContainersReady", "status": "True"}]
NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


def to_be_gone(at: str) -> dict[str, Any]:
    """A running pod whose deletion is due."""
    found = pod("t-1", trial="t")
    found["metadata"]["deletionTimestamp"] = at
    return found


def reported(code: int) -> dict[str, Any]:
    """A pod whose training has ended well, and whose collector has ended like this."""
    return pod("t-1", trial="t", containers={"training": ended(), COLLECTOR: ended(code)})


def with_metrics() -> Cache:
    """A search whose trial has its metrics, and still runs by Katib's word."""
    trial = thing("t", "Created", "Running")
    trial["status"]["observation"] = {"metrics": [{"name": "loss", "latest": "1"}]}
    return cache_of(of_suggestion=READY, trials=[trial], pods=[SERVICE, pod("t-1", trial="t")])


@pytest.mark.parametrize(
    ("cache", "subject"),
    [
        pytest.param(
            cache_of(
                of_suggestion=made.suggestion("Created"),
                pods=[pod("x-random-1", conditions=[{"type": "Ready", "status": "True"}])],
            ),
            "x-random",
            id="the suggestion service is ready",
        ),
        pytest.param(with_trial(reported(0)), "t", id="the collector has reported"),
        pytest.param(with_metrics(), "t", id="the metrics are there"),
    ],
)
def test_what_is_complete_and_not_taken_over_is_a_symptom(cache: Cache, subject: str) -> None:
    """All others have done their part: it is the controller's turn."""
    assert [(each.cause, each.subject) for each in blocked(cache)] == [("not-taken-over", subject)]


def test_a_collector_that_failed_has_not_reported() -> None:
    """Then the metrics are missing, whoever runs."""
    assert symptoms(with_trial(reported(1)), "training") == [Symptom("unreported", "t")]


@pytest.mark.parametrize(
    ("found", "words"),
    [
        pytest.param(pod("t-1", trial="t", phase="Unknown"), "does not answer", id="unknown"),
        pytest.param(pod("t-1", trial="t", conditions=NOT_READY), "is not ready", id="not ready"),
        pytest.param(to_be_gone("2026-11-29T11:59:00Z"), "has not ended it by 11:59:00 UTC", id="not gone"),
    ],
)
def test_a_node_that_is_gone_stalls_its_trials(found: dict[str, Any], words: str) -> None:
    """The pod's status says that it runs, since nobody is there to change it."""
    found["spec"]["nodeName"] = "n7"
    cache = with_trial(found)
    (lost,) = symptoms(cache, "training", NOW)
    assert (lost.cause, lost.subject) == ("node", "t-1")
    assert words in lost.words
    assert "n7" in lost.words
    assert not working(cache, "training", NOW)


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(to_be_gone("2026-11-29T12:00:30Z"), id="it has time to end"),
        pytest.param(pod("t-1", trial="t", conditions=NOT_READY[:1]), id="its own probe fails"),
        pytest.param(
            {
                **pod("t-1", trial="t", conditions=NOT_READY),
                "spec": {"containers": [{"name": "training"}], "readinessGates": [{"conditionType": "lb"}]},
            },
            id="a gate is closed",
        ),
    ],
)
def test_a_pod_that_is_merely_unready_still_works(found: dict[str, Any]) -> None:
    """Its node is there."""
    assert symptoms(with_trial(found), "training", NOW) == []
    assert working(with_trial(found), "training", NOW)


def test_another_pod_of_a_trial_may_run_elsewhere() -> None:
    """What a Job starts in place of a lost pod is work; the lost one is still told."""
    lost = pod("t-1", trial="t", phase="Unknown")
    cache = with_trial(lost, pod("t-2", trial="t"))
    assert [each.subject for each in blocked(cache)] == ["t-1"]
    assert working(cache, "training")


def test_a_pod_is_told_once_however_many_containers_wait() -> None:
    """The training and Katib's collector are made one after the other."""
    both = {"training": waits("ContainerCreating"), COLLECTOR: waits("PodInitializing")}
    cache = with_trial(pod("t-1", trial="t", phase="Pending", containers=both))
    assert blocked(cache) == [Symptom("starting", "t-1")]


def test_a_silent_server_is_all_that_is_known() -> None:
    """What the watches told before may have changed long ago."""
    cache = with_trial(pod("t-1", trial="t", phase="Succeeded", containers={"training": ended()}))
    cache.apply(Change(TRIALS, "LOST", error=ClusterError("connection refused")))
    assert [each.cause for each in blocked(cache)] == ["unreachable"]
    cache.apply(listed(TRIALS, thing("t", "Running")))
    assert [each.cause for each in blocked(cache)] == ["unreported"]


def test_a_trial_that_computes_is_no_stall() -> None:
    """It may take as long as it takes."""
    cache = with_trial(pod("t-1", trial="t"))
    assert working(cache, "training")
    assert blocked(cache) == []


def test_a_verdict_is_no_stall() -> None:
    """A finished search has nothing left that could block."""
    assert blocked(cache_of(of_experiment=experiment("Succeeded"))) == []


def test_a_verdict_that_should_have_gone_is_a_stall() -> None:
    """The budget was raised, and only katib-controller can restart the search."""
    spec = {"resumePolicy": "LongRunning", "maxTrialCount": 9}
    extended = experiment("Succeeded", spec=spec)
    extended["status"]["conditions"][0]["reason"] = "ExperimentMaxTrialsReached"
    found = blocked(cache_of(of_experiment=extended, of_suggestion=READY))
    assert found == [Symptom("not-restarted", "x", "it still shows its old verdict")]


def test_silence_without_a_cause_is_a_symptom_of_its_own() -> None:
    """All suggestions are trials, all trials have completed, and yet there is no verdict."""
    cache = cache_of(of_suggestion=READY, trials=[thing("t", "Succeeded")], pods=[SERVICE])
    assert blocked(cache) == [Symptom("silent", "x")]


def test_an_api_server_that_does_not_answer_is_a_symptom() -> None:
    """Until it answers again."""
    cache = with_trial(pod("t-1", trial="t"))
    cache.apply(Change(TRIALS, "LOST", error=ClusterError("connection refused")))
    assert blocked(cache) == [Symptom("unreachable", "trials", "connection refused")]
    cache.apply(listed(TRIALS, thing("t", "Running")))
    assert blocked(cache) == []


def test_without_the_right_to_pods_a_running_trial_counts_as_working() -> None:
    """Nothing can be said about it, so nothing is held against it."""
    cache = Cache("x", "uid-x")
    for change in (
        listed(TRIALS, thing("t", "Running")),
        Change(PODS, "DENIED", error=ClusterError("forbidden", status=403)),
    ):
        cache.apply(change)
    assert working(cache, "training")
    assert blocked(cache) == []
