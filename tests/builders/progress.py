# SPDX-License-Identifier: Apache-2.0
"""A search that goes on, and how far it is."""

from __future__ import annotations

from datetime import timedelta

from kfp_katib.results import Condition, Progress, Result, Score, Trial, conclude
from tests.builders.experiment import experiment
from tests.builders.result import START, bare_trial

RUNNING = bare_trial("a", "Running")
DONE = bare_trial("a", loss="0.5", exit_code=0)


def so_far(
    *trials: Trial, budget: int | None = 4, notes: tuple[str, ...] = (), earlier: int = 0, new: int = 0
) -> Progress:
    """How far a search is that goes on; the last `new` of its trials have changed, or all that are new."""
    made = experiment(budget=budget)
    score = Score(made.objective)
    for each in trials:
        score.take(each)

    def result() -> Result:
        return conclude(made, trials, Condition("Running"), notes=notes)

    changed = trials[-new:] if new else trials[earlier:]
    return score.progress(made, changed, earlier=earlier, notes=notes, result=result)


def lasting(name: str, minutes: int) -> Trial:
    """A trial that took so long, long ago."""
    return bare_trial(name, loss="0.5", started=START, ended=START + timedelta(minutes=minutes))
