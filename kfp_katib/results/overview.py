# SPDX-License-Identifier: Apache-2.0
"""A search at a glance: what a list of searches says of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from kfp_katib.results.trials import ExperimentState
from kfp_katib.results.values import objective_text

if TYPE_CHECKING:
    from kfp_katib.experiment.model import Experiment
    from kfp_katib.results.progress import Score

SearchState = ExperimentState | Literal["Unfinished", "Unreadable"]


@dataclass(frozen=True, slots=True)
class Overview:
    """How far one search is.

    Attributes:
        name: The Experiment's name.
        state: Katib's; `Unfinished` where a search of this machine has no verdict and no process works on it,
            `Unreadable` where nothing is known of it but its name.
        message: Why it is unreadable; else empty.
        began: When it was created, None where that is not known.
        type: Of the objective: `minimize` or `maximize`; empty where it is not known.
        metric: The objective's metric; empty where it is not known.
        completed, running, waiting, failed: Trials, in Katib's count; those that wait have not begun.
        max_trials: The budget; None for no limit.
        best_trial: The best trial by our rule; empty where none has a finite objective.
        best: Its objective, as Katib's text.
    """

    name: str
    state: SearchState
    message: str = ""
    began: datetime | None = None
    type: str = ""
    metric: str = ""
    completed: int = 0
    running: int = 0
    waiting: int = 0
    failed: int = 0
    max_trials: int | None = None
    best_trial: str = ""
    best: str = ""


def overview(experiment: Experiment, score: Score, state: SearchState, began: datetime | None) -> Overview:
    """A search at a glance, from its trials' counts."""
    objective, best = experiment.objective, score.best
    return Overview(
        name=experiment.name,
        state=state,
        began=began,
        type=objective.type,
        metric=objective.metric,
        completed=score.completed,
        running=score.running,
        waiting=score.waiting,
        failed=score.failed,
        max_trials=experiment.max_trial_count,
        best_trial=best.name if best else "",
        best=objective_text(best, objective) if best else "",
    )
