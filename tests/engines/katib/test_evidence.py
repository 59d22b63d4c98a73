# SPDX-License-Identifier: Apache-2.0
"""What is read of a failed trial's pod, and what of its log."""

from __future__ import annotations

from typing import Any

import pytest

from kfp_katib.engines.katib import pods
from kfp_katib.engines.katib.evidence import LOG_LINES, Ending, Evidence, ending, tail
from kfp_katib.results import Trial
from tests.engines.katib.made import ended, pod, waits

COLLECTOR = "metrics-logger-and-collector"


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (
            pod("p", containers={"training": ended(137, "OOMKilled"), COLLECTOR: ended(255, "Error")}),
            Ending(
                "p",
                137,
                "Container 'training' exited 137 (OOMKilled); "
                "container 'metrics-logger-and-collector' exited 255",
            ),
        ),
        (
            pod("p", containers={"training": ended(), COLLECTOR: ended(255, "Error")}),
            Ending("p", 0, "container 'metrics-logger-and-collector' exited 255"),
        ),
        (
            pod("p", containers={}, phase="Failed", reason="Evicted", message="low on memory"),
            Ending("p", None, "Evicted: low on memory"),
        ),
        (pod("p", containers={"training": ended()}), Ending("p", 0, "")),
    ],
    ids=["out of memory", "collector", "evicted", "well"],
)
def test_how_a_pod_ended(made: dict[str, Any], expected: Ending) -> None:
    """The exit code is the training's; who else failed is said."""
    assert ending(made, "training") == expected


@pytest.mark.parametrize(
    ("made", "failed"),
    [
        (pod("p"), False),
        (pod("p", phase="Failed", containers={}), True),
        (pod("p", containers={"training": ended(1, "Error"), COLLECTOR: {"running": {}}}), True),
        (pod("p", containers={"training": ended()}), False),
        (pod("p", containers={"training": waits("ErrImagePull")}), False),
    ],
    ids=["runs", "phase", "one container", "well", "waits"],
)
def test_a_pod_has_failed_as_soon_as_one_container_has(made: dict[str, Any], failed: bool) -> None:
    """Katib calls the trial failed later, and then deletes the pod."""
    assert pods.failed(made) == failed


LOG = """I1124 06:01:50.1 14 main.go:400] Trial Name: t
I1124 06:01:52.1 14 main.go:143] epoch=1
I1124 06:01:52.2 14 main.go:143] Traceback (most recent call last):
F1124 06:01:53.1 14 main.go:425] Failed to wait for worker container: training container is failed. Unable
"""


def test_a_log_is_what_the_training_wrote() -> None:
    """Not what Katib's collector adds to it."""
    assert tail(LOG) == "epoch=1\nTraceback (most recent call last):"


def test_the_collectors_own_failure_is_kept() -> None:
    """A malformed JSON line, for one, kills the trial, and only the collector says so."""
    line = "F1124 06:01:53.1 14 main.go:231] Failed to unmarshal logs in JSON format, log: {"
    assert tail(line) == "Failed to unmarshal logs in JSON format, log: {"


def test_only_the_end_of_a_log_is_kept() -> None:
    """The error is at the end."""
    assert tail("\n".join(map(str, range(100)))).splitlines() == [str(n) for n in range(100 - LOG_LINES, 100)]


def test_a_trial_that_succeeded_at_last_did_not_fail() -> None:
    """A Job with a backoffLimit may have had a pod that failed before."""
    evidence = Evidence(cluster=None, primary="training", stdout=True)  # type: ignore[arg-type]
    evidence._endings["t"] = Ending("t-1", 1, "Container 'training' exited 1 (Error)")
    found = evidence.of(Trial("t", {}, "Succeeded", message="Trial has succeeded"))
    assert (found.exit_code, found.message) == (0, "Trial has succeeded")
    evidence.close()


def test_what_katib_has_quoted_is_not_said_twice() -> None:
    """Katib puts the Job's reason into the trial's; what only an event knows is added."""
    evidence = Evidence(cluster=None, primary="training", stdout=True)  # type: ignore[arg-type]
    evidence._endings["t"] = Ending("t-1", 137, "Container 'training' exited 137 (OOMKilled)")
    trial = Trial("t", {}, "Failed", "TrialFailed. Job reason: BackoffLimitExceeded", "Trial has failed.")
    events = [
        {"involvedObject": {"name": "t"}, "reason": reason, "message": "m"}
        for reason in ("FailedMount", "BackoffLimitExceeded")
    ]
    assert (
        evidence.of(trial, events).message == "Trial has failed. Container 'training' exited 137 (OOMKilled)"
    )
    assert evidence.of(trial, events[:1]).message.endswith(". FailedMount: m")
    evidence.close()
