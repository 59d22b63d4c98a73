# SPDX-License-Identifier: Apache-2.0
"""The Pareto set in words and rows: what every report of a search with more than one objective says of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kfp_katib.results import Result, Trial, metric_text, metric_value, objective_value

if TYPE_CHECKING:
    from kfp_katib.experiment.model import Objective

ROWS = 20
"""Of a set, so many are listed on a page; on a screen or in a summary there is less room."""

_WANTED = {"minimize": "small", "maximize": "large"}


@dataclass(frozen=True, slots=True)
class TradeOff:
    """The Pareto set as a report shows it.

    Attributes:
        sentence: What it is, and what is not shown.
        metrics: The metrics with a direction, the objective's first.
        members: All of its trials, the best by the objective first.
        shown: Those that are shown, evenly spread over the set with both of its ends.
    """

    sentence: str
    metrics: tuple[str, ...]
    members: tuple[Trial, ...]
    shown: tuple[Trial, ...]

    def values(self, trial: Trial, result: Result) -> list[str]:
        """A member's values of the metrics, as Katib's text."""
        strategies = result.experiment.objective.strategies
        return [metric_text(trial.metrics[name], strategies[name]) for name in self.metrics]


def trade_off(result: Result, most: int) -> TradeOff | None:
    """The Pareto set, at most so many of it shown.

    None where fewer than two metrics have a direction, or no trial has a finite objective.
    """
    objective = result.experiment.objective
    if len(objective.directions) < 2 or not any(_has(trial, objective) for trial in result.trials):
        return None
    members = result.pareto
    shown = _spread(members, most)
    metrics = tuple(objective.directions)
    return TradeOff(" ".join(_sentences(result, members, len(shown))), metrics, members, shown)


def _has(trial: Trial, objective: Objective) -> bool:
    return objective_value(trial, objective) is not None


def _sentences(result: Result, members: Sequence[Trial], shown: int) -> Iterator[str]:
    objective = result.experiment.objective
    wanted = [f"{_WANTED[direction]} {name}" for name, direction in objective.directions.items()]
    yield f"Wanted: {', '.join(wanted[:-1])} and {wanted[-1]}."
    if not members:
        yield f"No trial has a finite {_missing(result)}, so there is no Pareto set."
        return
    if len(members) == 1:
        yield f"No other trial beats {members[0].name} in any of them."
    else:
        of = f"{len(members):,} of {len(result.trials):,} trials"
        yield f"{of} are in the set: a trial that beats one of them in one metric is worse in another."
    yield from _about_best(result, members)
    if shown < len(members):
        yield f"{shown} of the {len(members):,} are listed, evenly spread."


def _missing(result: Result) -> str:
    """The metrics of which no trial has a value; all, where it is only that no trial has them all."""
    objective = result.experiment.objective
    names = list(objective.directions)
    nowhere = [
        name for name in names if all(metric_value(trial, name, objective) is None for trial in result.trials)
    ]
    return " or ".join(nowhere) if nowhere else f"value of each of {', '.join(names)}"


def _about_best(result: Result, members: Sequence[Trial]) -> Iterator[str]:
    """Why the best trial by the objective alone is not among the members, where that is so."""
    best, objective = result.best, result.experiment.objective
    if best is None or any(each.name == best.name for each in members):
        return
    lacking = [name for name in objective.directions if metric_value(best, name, objective) is None]
    why = f"it has no finite {' or '.join(lacking)}"
    if not lacking:
        why = f"another has the same {objective.metric}, and beats it elsewhere"
    yield f"The best trial by {objective.metric} alone, {best.name}, is not in the set: {why}."


def _spread(members: Sequence[Trial], most: int) -> tuple[Trial, ...]:
    """At most so many of them, two or more, at even distances from the first to the last."""
    if len(members) <= most:
        return tuple(members)
    return tuple(members[place * (len(members) - 1) // (most - 1)] for place in range(most))
