# SPDX-License-Identifier: Apache-2.0
"""The verdict on a search: goal, then failures, then budget, then the end of the search, in Katib's words.

Follows `UpdateExperimentStatusCondition` in Katib's `experiment/util/status_util.go`. Two things of it are
not copied: a metric that is no number counts as 0 there and can reach a goal of its own, and infinity
can; here only finite values reach a goal. The end of the search (the last point of a grid) has a reason in
Katib that its controller never gives: there such an Experiment without maxTrialCount waits forever.
"""

from __future__ import annotations

from dataclasses import dataclass

from kfp_katib.experiment.model import Experiment, Objective
from kfp_katib.results import Condition, Trial, objective_value, reaches_goal

RUNNING = Condition("Running", "ExperimentRunning", "Experiment is running")
GOAL_REACHED = Condition(
    "Succeeded", "ExperimentGoalReached", "Experiment has succeeded because Objective goal has reached"
)
TOO_MANY_FAILED = Condition(
    "Failed", "ExperimentFailed", "Experiment has failed because max failed count has reached"
)
BUDGET_SPENT = Condition(
    "Succeeded", "ExperimentMaxTrialsReached", "Experiment has succeeded because max trial count has reached"
)
SEARCH_ENDED = Condition(
    "Succeeded",
    "ExperimentSuggestionEndReached",
    "Experiment has succeeded because suggestion service has reached the end",
)


@dataclass(slots=True)
class Tally:
    """What the verdict depends on, counted as trials complete."""

    completed: int = 0
    failed: int = 0
    goal_reached: bool = False

    def add(self, trial: Trial, objective: Objective) -> None:
        """Count one more completed trial."""
        self.completed += 1
        self.failed += trial.failed
        self.goal_reached = self.goal_reached or reaches_goal(objective_value(trial, objective), objective)


def verdict(experiment: Experiment, tally: Tally, *, search_ended: bool) -> Condition | None:
    """The verdict, None while the search goes on.

    Args:
        experiment: The Experiment.
        tally: The trials that have completed.
        search_ended: Whether the search has nothing left to suggest and no trial runs any more.
    """
    max_failed = experiment.max_failed_trial_count
    if tally.goal_reached:
        return GOAL_REACHED
    if max_failed is not None and tally.failed != 0 and tally.failed >= max_failed:
        return TOO_MANY_FAILED
    if experiment.max_trial_count is not None and tally.completed >= experiment.max_trial_count:
        return BUDGET_SPENT
    return SEARCH_ENDED if search_ended else None
