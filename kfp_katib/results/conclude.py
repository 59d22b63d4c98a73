# SPDX-License-Identifier: Apache-2.0
"""From what an engine saw to a Result: the best trial, Katib's choice, and notes where they disagree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kfp_katib.results.best import (
    best_trial,
    katib_best_trial,
    objective_text,
    objective_value,
    reaches_goal,
)
from kfp_katib.results.model import Condition, Result, Trial

if TYPE_CHECKING:
    from kfp_katib.experiment.model import Experiment, Objective


def conclude(
    experiment: Experiment,
    trials: Sequence[Trial],
    condition: Condition,
    *,
    notes: Sequence[str] = (),
    katib_best: str | None = None,
) -> Result:
    """Make the Result of a search, or of the part of it that is known.

    Args:
        experiment: What ran.
        trials: Every trial, in order of creation.
        condition: Where the Experiment stands.
        notes: Sentences of the engine's own; ours follow them.
        katib_best: What Katib's status names as its optimal trial; None where no Katib is there to ask,
            and its rule is followed instead.
    """
    objective = experiment.objective
    best = best_trial(trials, objective)
    if katib_best is None:
        chosen = katib_best_trial(trials, objective)
        katib_best = chosen.name if chosen else ""
    ours: list[str] = []
    if condition.final:
        ours += _where_katib_differs(trials, objective, best, katib_best)
        ours += _where_success_is_hollow(objective, best, condition)
    return Result(
        experiment=experiment,
        state=condition.state,
        reason=condition.reason,
        message=condition.message,
        trials=tuple(trials),
        best=best,
        katib_best=katib_best,
        notes=(*notes, *ours),
    )


def _where_katib_differs(
    trials: Sequence[Trial], objective: Objective, best: Trial | None, katib_best: str
) -> list[str]:
    if not katib_best or (best and best.name == katib_best):
        return []
    theirs = next((trial for trial in trials if trial.name == katib_best), None)
    seen = f"whose {objective.metric} is {objective_text(theirs, objective)!r}" if theirs else "not listed"
    head = f"Katib's own rule names trial '{katib_best}', {seen}"
    if best is None:
        return [f"{head}; that is not a finite number, so there is no best trial."]
    ours = f"'{best.name}' with {objective_text(best, objective)}"
    return [f"{head}; we take {ours}: {_why(theirs, best, objective)}."]


def _why(theirs: Trial | None, ours: Trial, objective: Objective) -> str:
    value = objective_value(theirs, objective) if theirs else None
    if value is None:
        return "only finite values compete"
    tie = value == objective_value(ours, objective)
    return "both are equal, and the earlier trial wins" if tie else "it is the better one"


def _where_success_is_hollow(objective: Objective, best: Trial | None, condition: Condition) -> list[str]:
    if condition.state != "Succeeded":
        return []
    if best is None:
        return [
            f"The Experiment's condition is Succeeded, but no trial has a finite {objective.metric}: "
            "we count it as failed. Look at the trials' logs for what they print."
        ]
    value = objective_value(best, objective)
    if condition.reason != "ExperimentGoalReached" or reaches_goal(value, objective):
        return []
    return [
        f"Katib says that the goal {objective.goal:g} was reached, but the best finite {objective.metric} is "
        f"{value:g}: a value that is no number counts as 0 in Katib's comparison."
    ]
