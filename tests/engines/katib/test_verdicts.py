# SPDX-License-Identifier: Apache-2.0
"""An Experiment's state as its conditions tell it, and when they tell of a verdict that is bound to go."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kfp_katib.engines.katib.api import verdicts
from kfp_katib.results import Condition
from tests.engines.katib.live.engine import recording
from tests.engines.katib.test_resources import resource


@pytest.mark.parametrize(
    ("conditions", "state"),
    [
        ((), "Created"),
        (("Created",), "Created"),
        (("Created", "Running"), "Running"),
        (("Created", "Succeeded"), "Succeeded"),
        (("Succeeded", "Created", "Restarting"), "Succeeded"),
        (("Restarting", "Created", "Running"), "Running"),
        (("Created", "Restarting"), "Restarting"),
        (("Created", "Failed"), "Failed"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else value,
)
def test_an_experiments_state_does_not_depend_on_the_order_of_conditions(
    conditions: tuple[str, ...], state: str
) -> None:
    """`Restarting` stays true for good, and the last condition is merely the latest to change."""
    assert verdicts.condition(resource(*conditions)).state == state
    assert verdicts.condition(resource(*reversed(conditions))).state == state


def test_a_condition_that_is_false_does_not_hold() -> None:
    """A completed Experiment keeps Running as False."""
    assert verdicts.condition(resource("Created", false=("Succeeded", "Running"))).state == "Created"


def test_an_experiment_without_a_status_was_created() -> None:
    """Before the controller has looked at it there is no status at all."""
    assert verdicts.condition({"metadata": {"name": "x"}}) == Condition("Created")


def test_a_verdict_carries_katibs_reason_and_message() -> None:
    """They come from the condition that decides."""
    assert verdicts.condition(resource("Created", "Failed")) == Condition("Failed", "FailedR", "FailedM")


def ended(reason: str = "ExperimentMaxTrialsReached", *, trials: int = 3, **spec: Any) -> dict[str, Any]:
    """An Experiment that has succeeded for this reason."""
    succeeded = {"type": "Succeeded", "status": "True", "reason": reason, "message": "m"}
    spec = {"resumePolicy": "LongRunning", "maxTrialCount": 3, **spec}
    return {"spec": spec, "status": {"trials": trials, "conditions": [succeeded]}}


def test_a_spent_budget_is_a_verdict() -> None:
    """Which Katib could take back, and will not."""
    assert verdicts.condition(ended()) == Condition("Succeeded", "ExperimentMaxTrialsReached", "m")


@pytest.mark.parametrize("policy", ["LongRunning", "FromVolume"])
@pytest.mark.parametrize("budget", [4, None])
def test_a_budget_that_was_raised_takes_the_verdict_back(policy: str, budget: int | None) -> None:
    """Before katib-controller says so; no budget is the largest."""
    found = verdicts.condition(ended(resumePolicy=policy, maxTrialCount=budget))
    assert (found.state, found.final) == ("Restarting", False)
    assert f"maxTrialCount is {budget} now" in found.message


@pytest.mark.parametrize(
    "experiment",
    [
        ended(resumePolicy="Never", maxTrialCount=9),
        ended("ExperimentGoalReached", maxTrialCount=9),
        ended("ExperimentSuggestionEndReached", maxTrialCount=9),
        ended(trials=9, maxTrialCount=9),
    ],
    ids=["Never", "goal", "end of the suggestions", "no room"],
)
def test_what_katib_does_not_restart_keeps_its_verdict(experiment: dict[str, Any]) -> None:
    """Whatever the budget says."""
    assert verdicts.condition(experiment).final


def test_a_recorded_katib_restarts_exactly_what_we_say() -> None:
    """Its conditions change next after the patch, and only there did we expect it."""
    told = [
        (what, verdicts.awaits_restart(each), verdicts.condition(each).state)
        for _, kind, what, each in recording.read("extended").timeline
        if kind == "experiments"
    ]
    at = told.index(("PATCHED", True, "Restarting"))
    assert not any(waits for _, waits, _ in told[:at])
    assert {state for _, waits, state in told[at:] if not waits} == {"Running", "Succeeded"}
    assert told[-1][2] == "Succeeded"


def test_a_restart_has_its_own_time() -> None:
    """`Restarting` would tell that of the first one for ever."""
    assert verdicts.restarted(resource("Created", "Running")) is None
    restarted = resource("Created", "Restarting", "Running")
    first, last = "2026-11-30T05:00:00Z", "2026-11-30T06:00:00Z"
    restarted["status"]["conditions"][1]["lastTransitionTime"] = first
    restarted["status"]["conditions"][2]["lastTransitionTime"] = last
    assert verdicts.restarted(restarted) == datetime(2026, 11, 30, 6, tzinfo=UTC)
