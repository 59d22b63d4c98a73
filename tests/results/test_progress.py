# SPDX-License-Identifier: Apache-2.0
"""Counts and best trial of a search, kept up change by change."""

from __future__ import annotations

import statistics
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfp_katib.results import Reports, Score, Trial, best_trial
from tests.builders.experiment import experiment
from tests.builders.progress import lasting
from tests.builders.result import bare_trial

OBJECTIVE = experiment().objective
STATES = ("Pending", "Running", "Succeeded", "Failed", "MetricsUnavailable", "Killed")
CHANGES = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from(STATES), st.sampled_from(("0.5", "1", "0.50", "nan", "x")))
)


@given(CHANGES)
def test_counts_and_best_are_those_of_all_trials(changes: list[tuple[int, Any, str]]) -> None:
    """Whatever the order of the changes: a trial that has its end keeps it."""
    score, trials = Score(OBJECTIVE), dict[str, Trial]()
    for number, state, value in changes:
        now = bare_trial(f"t{number}", state, value)
        if now.name in trials and trials[now.name].completed:
            continue
        trials[now.name] = now
        score.take(now)
    found = list(trials.values())
    assert score.best == best_trial(found, OBJECTIVE)
    assert score.completed == sum(each.completed for each in found)
    assert score.failed == sum(each.failed for each in found)
    assert score.running == sum(each.state == "Running" for each in found)
    assert score.waiting == sum(each.state == "Pending" for each in found)


def test_the_result_is_made_when_it_is_asked_for() -> None:
    """And never before: making it takes longer the more trials there are."""
    asked: list[int] = []
    progress = Score(OBJECTIVE).progress(
        experiment(),
        (),
        earlier=0,
        notes=(),
        result=lambda: asked.append(1),  # type: ignore[arg-type,return-value]
    )
    assert not asked
    progress.result()
    assert asked == [1]


def test_what_runs_is_known_with_what_it_reported_last() -> None:
    """As of the moment of the question, from any thread; oldest first."""
    score, reports = Score(OBJECTIVE), dict[str, Reports]()
    for name in ("b", "a", "c"):
        score.take(bare_trial(name, "Running"))
    progress = score.progress(
        experiment(), (), earlier=0, notes=(), result=pytest.fail, reports=lambda: reports
    )
    score.take(bare_trial("b", "Succeeded", "0.5"))
    score.take(bare_trial("d", "Pending"))
    reports["a"] = Reports({"loss": "0.7"}, 3)
    assert [(each.trial.name, each.reports.step) for each in progress.active()] == [
        ("a", 3),
        ("c", 0),
        ("d", 0),
    ]


@given(st.lists(st.integers(0, 100), max_size=20))
def test_the_median_is_that_of_the_trials_that_ended_by_themselves(minutes: list[int]) -> None:
    """Failed and killed ones end at any time."""
    score = Score(OBJECTIVE)
    for number, each in enumerate(minutes):
        score.take(replace(lasting(f"t{number}", each), state="Running", ended=None))
        score.take(lasting(f"t{number}", each))
        score.take(lasting(f"t{number}", each))
        score.take(replace(lasting(f"f{number}", 0), state="Failed"))
        score.take(replace(lasting(f"k{number}", 0), state="Killed"))
    progress = score.progress(experiment(), (), earlier=0, notes=(), result=pytest.fail)
    assert progress.median_seconds == (statistics.median(minutes) * 60 if minutes else None)
