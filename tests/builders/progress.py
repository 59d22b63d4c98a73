# SPDX-License-Identifier: Apache-2.0
"""A search that goes on, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from kfp_katib.experiment import Experiment
from kfp_katib.results import Condition, Progress, Reports, Result, Score, Trial, conclude
from tests.builders.experiment import experiment
from tests.builders.result import START, bare_trial

RUNNING = bare_trial("a", "Running")
DONE = bare_trial("a", loss="0.5", exit_code=0)
NOW = START + timedelta(hours=1)


def so_far(
    *trials: Trial,
    budget: int | None = 4,
    parallel: int = 2,
    notes: tuple[str, ...] = (),
    earlier: int = 0,
    new: int = 0,
    reports: Mapping[str, Reports] | None = None,
    of: Experiment | None = None,
) -> Progress:
    """How far a search is that goes on; the last `new` of its trials have changed, or all that are new."""
    made = of or experiment(budget=budget, parallel=parallel)
    score = Score(made.objective)
    for each in trials:
        score.take(each)

    def result() -> Result:
        return conclude(made, trials, Condition("Running"), notes=notes)

    changed = trials[-new:] if new else trials[earlier:]
    told = dict(reports or {})
    return score.progress(made, changed, earlier=earlier, notes=notes, result=result, reports=lambda: told)


def lasting(name: str, minutes: float, **fields: Any) -> Trial:
    """A trial that took so long, long ago."""
    return bare_trial(name, loss="0.5", started=START, ended=START + timedelta(minutes=minutes), **fields)


def running(name: str, seconds: float = 0, now: datetime = NOW) -> Trial:
    """A trial that has run for so long."""
    return bare_trial(name, "Running", started=now - timedelta(seconds=seconds))
