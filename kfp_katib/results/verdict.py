# SPDX-License-Identifier: Apache-2.0
"""What the trials mean for their search: goal, then failures, then budget, then the end of the search.

The order is Katib's (`UpdateExperimentStatusCondition` in its
`pkg/controller.v1beta1/experiment/util/status_util.go`). Two things differ: Katib counts a metric that is not
a number as 0, which can reach the goal, and so can infinity; here only finite values can. Katib has a reason
for the end of the search (the last point of a grid), but its controller never gives it: there such an
Experiment without maxTrialCount waits forever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kfp_katib.results.trials import Condition
from kfp_katib.results.values import objective_value, reaches_goal

if TYPE_CHECKING:
    from kfp_katib.experiment.model import Experiment
    from kfp_katib.results.progress import Score

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


def verdict(experiment: Experiment, score: Score, *, search_ended: bool) -> Condition | None:
    """The verdict, None while the search goes on.

    Args:
        experiment: The Experiment.
        score: Its trials, counted.
        search_ended: Whether there is nothing left to suggest and no trial is running.
    """
    objective, max_failed = experiment.objective, experiment.max_failed_trial_count
    if score.best and reaches_goal(objective_value(score.best, objective), objective):
        return GOAL_REACHED
    if max_failed is not None and score.failed != 0 and score.failed >= max_failed:
        return TOO_MANY_FAILED
    if experiment.max_trial_count is not None and score.completed >= experiment.max_trial_count:
        return BUDGET_SPENT
    return SEARCH_ENDED if search_ended else None
