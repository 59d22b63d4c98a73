# SPDX-License-Identifier: Apache-2.0
"""The best trial by our rule and by Katib's own, and the Result with a note wherever they disagree.

Katib's rule can choose a trial whose metric is not a number (`updateTrialsSummary` in Katib's
`pkg/controller.v1beta1/experiment/util/status_util.go`, and katib#2723). So its choice is computed
next to ours only to say where they differ; it is never trusted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from kfp_katib.results.provenance import Provenance
from kfp_katib.results.result import Result
from kfp_katib.results.trials import UNAVAILABLE, Condition, Trial
from kfp_katib.results.values import (
    OBSERVED,
    compared,
    go_float,
    objective_text,
    objective_value,
    place_among,
    reaches_goal,
)

if TYPE_CHECKING:
    from kfp_katib.experiment.model import Experiment, Objective


def ranked(trials: Iterable[Trial], objective: Objective) -> list[Trial]:
    """The trials that compete, best first, ties in order of creation; `place_among` says how."""
    placed = [(place_among(trial, objective, number), trial) for number, trial in enumerate(trials)]
    good = [(place, trial) for place, trial in placed if place is not None]
    return [trial for _, trial in sorted(good, key=lambda pair: pair[0])]


def best_trial(trials: Iterable[Trial], objective: Objective) -> Trial | None:
    """The trial with the best finite objective, the earlier one of two equals; of texts the latest trial."""
    return next(iter(ranked(trials, objective)), None)


def katib_best_trial(trials: Sequence[Trial], objective: Objective) -> Trial | None:
    """The trial that Katib's controller would name, including its surprises with non-numeric values.

    Follows `updateTrialsSummary` for trials listed in order of creation (Katib lists them from a cache,
    in any order): `unavailable` is skipped; a text that Go cannot parse makes its trial the best
    without changing the value to beat, which is 0 at first; every comparison with NaN is false.
    """
    best: Trial | None = None
    to_beat = 0.0
    for trial in trials:
        text = objective_text(trial, objective)
        if trial.state not in OBSERVED or text == UNAVAILABLE:
            continue
        try:
            value = go_float(text)
        except ValueError:
            best = trial
            continue
        ahead = value < to_beat if objective.type == "minimize" else value > to_beat
        if best is None or ahead:
            best, to_beat = trial, value
    return best


def conclude(
    experiment: Experiment,
    trials: Sequence[Trial],
    condition: Condition,
    *,
    notes: Sequence[str] = (),
    katib_best: str | None = None,
    provenance: Provenance = Provenance(),  # noqa: B008  (it is frozen)
) -> Result:
    """Make the Result of a search, or of the part of it that is known.

    Args:
        experiment: What ran.
        trials: Every trial, in order of creation.
        condition: The Experiment's condition.
        notes: The engine's own sentences; ours follow them.
        katib_best: What Katib's status names as its optimal trial; None if there is no Katib to ask, then
            its rule is applied here.
        provenance: What the engine knows beyond the trials.
    """
    objective = experiment.objective
    if katib_best is None:
        chosen = katib_best_trial(trials, objective)
        katib_best = chosen.name if chosen else ""
    result = Result(
        experiment=experiment,
        state=condition.state,
        reason=condition.reason,
        message=condition.message,
        trials=tuple(trials),
        best=best_trial(trials, objective),
        katib_best=katib_best,
        notes=tuple(notes),
        provenance=provenance,
    )
    if not condition.final:
        return result
    return replace(result, notes=(*notes, *_where_katib_differs(result), *_where_success_is_hollow(result)))


def _where_katib_differs(result: Result) -> Iterator[str]:
    best, objective = result.best, result.experiment.objective
    if not result.katib_best or (best and best.name == result.katib_best):
        return
    theirs = next((trial for trial in result.trials if trial.name == result.katib_best), None)
    text = objective_text(theirs, objective) if theirs else ""
    seen = f"whose {objective.metric} is {repr(text) if text else 'empty'}" if theirs else "not listed"
    head = f"Katib's own rule names trial '{result.katib_best}', {seen}"
    if best is None:
        yield f"{head}; that is not a finite number, so there is no best trial."
        return
    value = objective_value(theirs, objective) if theirs else None
    why = "only finite values compete" if value is None else "it is the better one"
    if isinstance(compared(best, objective), str):
        why = "of trials whose value is a text the latest counts"
    elif value == result.best_value:
        why = "both are equal, and the earlier trial wins"
    yield f"{head}; we take '{best.name}' with {objective_text(best, objective)}: {why}."


def _where_success_is_hollow(result: Result) -> Iterator[str]:
    objective, value = result.experiment.objective, result.best_value
    if result.state != "Succeeded":
        return
    if result.best is None:
        told = [each.message.partition(". ")[2] for each in result.trials if each.state == "Succeeded"]
        why = next(filter(None, told), "Look at the trials' logs for what they print.")
        yield (
            f"The Experiment's condition is Succeeded, but no trial has a finite {objective.metric}: "
            f"we count it as failed. {why}"
        )
    elif value is None:  # a text, which reaches no goal
        return
    elif result.reason == "ExperimentGoalReached" and not reaches_goal(value, objective):
        yield (
            f"Katib says that the goal {objective.goal:g} was reached, but the best finite "
            f"{objective.metric} is {value:g}: a value that is not a number counts as 0 in Katib's "
            "comparison."
        )
