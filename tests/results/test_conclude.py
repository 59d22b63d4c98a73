# SPDX-License-Identifier: Apache-2.0
"""The verdict: our best trial, Katib's, and a note wherever the two or the condition disagree."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from kfp_katib.results import ExperimentState, Metric, TrialState
from tests.builders.experiment import experiment, objective
from tests.builders.result import result, trial


def test_no_note_where_both_rules_agree() -> None:
    """The usual case needs no words."""
    found = result([trial(0, "0.5"), trial(1, "0.3")])
    assert (found.best, found.katib_best, found.notes) == (trial(1, "0.3"), "tune-1", ())


def test_a_diverged_trial_that_katib_names_is_noted() -> None:
    """A text that is no number is Katib's best trial; the note has both names and both values."""
    found = result([trial(0, "0.5"), trial(1, "")])
    assert found.best == trial(0, "0.5")
    assert found.notes == (
        "Katib's own rule names trial 'tune-1', whose loss is ''; we take 'tune-0' with 0.5: only finite "
        "values compete.",
    )


def test_a_tie_that_katib_decides_otherwise_is_noted() -> None:
    """Katib's cache has any order, so of two equals it can name the later one."""
    found = result([trial(0, "0.5"), trial(1, "0.5")], katib_best="tune-1")
    assert found.notes[0].endswith("both are equal, and the earlier trial wins.")


def test_a_worse_trial_that_katib_names_is_noted() -> None:
    """Katib's status can be stale; ours is then plainly better."""
    found = result([trial(0, "0.5"), trial(1, "0.3")], katib_best="tune-0")
    assert found.notes[0].endswith("we take 'tune-1' with 0.3: it is the better one.")


def test_a_trial_of_katib_that_is_gone_is_noted() -> None:
    """Katib may name a trial that was deleted since."""
    assert "'tune-9', not listed" in result([trial(0, "0.5")], katib_best="tune-9").notes[0]


def test_success_without_a_finite_value_counts_as_failed() -> None:
    """The condition stays Katib's, but nobody may take it for a success."""
    found = result([trial(0, "nan"), trial(1, "")])
    assert (found.state, found.succeeded, found.best) == ("Succeeded", False, None)
    assert "that is not a finite number, so there is no best trial" in found.notes[0]
    assert "no trial has a finite loss: we count it as failed" in found.notes[1]


@pytest.mark.parametrize(
    ("type", "goal", "values", "noted"),
    [
        pytest.param("minimize", 0.2, ["", "0.5"], True, id="minimise, missed"),
        pytest.param("minimize", 0.5, ["0.5"], False, id="minimise, reached"),
        pytest.param("maximize", -0.2, ["", "-0.5"], True, id="maximise, missed"),
        pytest.param("maximize", 0.5, ["0.9"], False, id="maximise, reached"),
    ],
)
def test_a_goal_that_only_katib_sees_is_noted(type: str, goal: float, values: list[str], noted: bool) -> None:
    """A value that is no number leaves 0 in Katib's comparison, which can be past the goal."""
    wanted = objective("minimize" if type == "minimize" else "maximize", goal=goal)
    trials = [trial(index, value) for index, value in enumerate(values)]
    found = result(trials, experiment(objective=wanted), reason="ExperimentGoalReached")
    assert any("Katib says that the goal" in note for note in found.notes) == noted


@pytest.mark.parametrize("state", ["Created", "Running", "Restarting"])
def test_no_note_before_there_is_a_verdict(state: ExperimentState) -> None:
    """While a search runs, its best trial is known, but nothing is final enough to warn of."""
    found = result([trial(0, "0.5"), trial(1, "")], state=state)
    assert (found.best, found.notes) == (trial(0, "0.5"), ())


def test_the_engine_notes_come_first() -> None:
    """What the engine has to say precedes what we conclude."""
    found = result([trial(0, "")], notes=["image is not used here"])
    assert found.notes[0] == "image is not used here"
    assert len(found.notes) == 3


def test_a_failed_experiment_may_have_a_best_trial() -> None:
    """Too many failures end a search, and yet a trial may have been good; it did not succeed."""
    found = result([trial(0, "0.5"), trial(1, state="Failed")], state="Failed", reason="ExperimentFailed")
    assert (found.best, found.succeeded, found.count("Failed")) == (trial(0, "0.5"), False, 1)


def test_a_trial_knows_how_long_it_ran() -> None:
    """Seconds from start to end, None while it runs."""
    assert trial(0).seconds == 60.0
    assert replace(trial(0), ended=None).seconds is None


def test_completed_as_katib_counts() -> None:
    """Every state but the two before the end uses up the budget."""
    waiting = [state for state in get_args(TrialState) if not trial(0, state=state).completed]
    assert waiting == ["Pending", "Running"]


def test_failures_are_those_that_katib_counts() -> None:
    """A trial that was killed by the verdict is no failure, and must not hide the one that was."""
    trials = [trial(number, state=state) for number, state in enumerate(get_args(TrialState))]
    assert {found.state for found in result(trials).failures} == {"Failed", "MetricsUnavailable"}


@pytest.mark.parametrize(
    ("state", "value", "usable"),
    [
        ("Succeeded", "0.5", True),
        ("Running", "0.5", True),
        ("Failed", "0.5", False),
        ("Succeeded", "nan", False),
    ],
)
def test_a_result_is_usable_with_a_best_trial_unless_it_failed(
    state: ExperimentState, value: str, usable: bool
) -> None:
    """With `best_so_far` a search that still runs has its best trial too."""
    assert result([trial(0, value)], state=state).usable is usable


def test_a_metric_defaults_to_unavailable() -> None:
    """Katib writes that word where it has no value."""
    assert Metric() == Metric("unavailable", "unavailable", "unavailable")
