# SPDX-License-Identifier: Apache-2.0
"""When a search has its verdict, and which: goal, failures, budget, end of the search, in this order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kfp_katib.results import Condition, Score, Trial
from kfp_katib.results.verdict import (
    BUDGET_SPENT,
    GOAL_REACHED,
    SEARCH_ENDED,
    TOO_MANY_FAILED,
    verdict,
)
from tests.builders.result import bare_trial
from tests.builders.search import search


def judged(*trials: Trial, ended: bool = False, **spec: Any) -> Condition | None:
    """The verdict on these trials."""
    budget = spec.pop("budget", 3)
    experiment = replace(search("echo ${trialParameters.lr}", **spec), max_trial_count=budget)
    score = Score(experiment.objective)
    for number, each in enumerate(trials):
        score.take(replace(each, name=f"t{number}"))
    return verdict(experiment, score, search_ended=ended)


FAILED, GOOD, LOST = (
    bare_trial("t", "Failed"),
    bare_trial("t", loss="0.5"),
    bare_trial("t", "MetricsUnavailable"),
)
GOAL = {"type": "minimize", "objectiveMetricName": "loss", "goal": 0.5}


@pytest.mark.parametrize(
    ("trials", "spec", "expected"),
    [
        ([GOOD], {}, None),
        ([GOOD] * 3, {}, BUDGET_SPENT),
        ([GOOD, FAILED, LOST], {}, BUDGET_SPENT),
        ([FAILED] * 3, {}, BUDGET_SPENT),
        ([GOOD, FAILED], {"maxFailedTrialCount": 1}, TOO_MANY_FAILED),
        ([GOOD, LOST], {"maxFailedTrialCount": 1}, TOO_MANY_FAILED),
        ([GOOD, FAILED], {"maxFailedTrialCount": 2}, None),
        ([GOOD], {"maxFailedTrialCount": 0}, None),
        ([FAILED], {"maxFailedTrialCount": 0}, TOO_MANY_FAILED),
        ([GOOD, GOOD, FAILED], {"maxFailedTrialCount": 1}, TOO_MANY_FAILED),
        ([FAILED, GOOD], {"maxFailedTrialCount": 1, "objective": GOAL}, GOAL_REACHED),
        ([bare_trial("t", "Succeeded", "0.51")], {"objective": GOAL}, None),
        ([GOOD], {"objective": {**GOAL, "type": "maximize"}}, GOAL_REACHED),
        ([bare_trial("t", "Succeeded", "0.49")], {"objective": {**GOAL, "type": "maximize"}}, None),
        ([bare_trial("t", "Killed")] * 3, {}, BUDGET_SPENT),
        ([GOOD] * 50, {"budget": None}, None),
    ],
    ids=["goes on", "budget", "failures use the budget", "only failures", "failed", "unavailable is failed",
         "below the limit", "none failed", "limit of none", "failures before budget", "goal before failures",
         "goal missed", "maximize", "maximize missed", "killed", "no budget"],
)  # fmt: skip
def test_the_finish_order(trials: list[Trial], spec: dict[str, Any], expected: Condition | None) -> None:
    """Goal, then failures, then budget."""
    assert judged(*trials, **spec) == expected


@pytest.mark.parametrize("text", ["", "nan", "-inf", "1e999", "x"])
def test_what_is_no_finite_number_reaches_no_goal(text: str) -> None:
    """Katib would say GoalReached for some of these: it compares with 0 what it cannot read."""
    assert judged(bare_trial("t", "Succeeded", text or " "), objective=GOAL) is None


def test_the_end_of_the_search_comes_last() -> None:
    """A grid that is exhausted ends the search where no other rule does."""
    assert judged(GOOD, ended=True, budget=None) == SEARCH_ENDED
    assert judged(*[GOOD] * 3, ended=True) == BUDGET_SPENT
