# SPDX-License-Identifier: Apache-2.0
"""The best trial: by our rule only finite numbers win; Katib's rule is followed; a note where they differ."""

from __future__ import annotations

import json
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfp_katib.results import (
    UNAVAILABLE,
    ExperimentState,
    Metric,
    TrialState,
    best_trial,
    katib_best_trial,
    number,
    objective_value,
    ranked,
)
from tests.builders.experiment import experiment, objective
from tests.builders.result import result, trial
from tests.places import DATA

NO_NUMBERS = [
    "nan",
    "NaN",
    "inf",
    "-inf",
    "Infinity",
    "",
    "-",
    UNAVAILABLE,
    "0.1s",
    "1,5",
    " 1",
    "1e400",
    "+nan",
]
TYPES: list[Literal["minimize", "maximize"]] = ["minimize", "maximize"]
texts = st.one_of(st.sampled_from(NO_NUMBERS), st.floats(allow_nan=False, allow_infinity=False).map(repr))


@given(values=st.lists(texts, max_size=8), type=st.sampled_from(TYPES))
def test_best_has_a_finite_value_that_none_beats(
    values: list[str], type: Literal["minimize", "maximize"]
) -> None:
    """Whatever the trials reported, the winner's value is finite, and no trial has a better one."""
    wanted = objective(type)
    trials = [trial(index, value) for index, value in enumerate(values)]
    best = best_trial(trials, wanted)
    finite = [float(value) for value in values if value not in NO_NUMBERS]
    if best is None:
        assert not finite
    else:
        assert objective_value(best, wanted) == (min(finite) if type == "minimize" else max(finite))


@given(values=st.lists(texts, max_size=8), type=st.sampled_from(TYPES))
def test_a_tie_goes_to_the_earlier_trial(values: list[str], type: Literal["minimize", "maximize"]) -> None:
    """No trial before the winner has the winner's value."""
    wanted = objective(type)
    trials = [trial(index, value) for index, value in enumerate(values)]
    best = best_trial(trials, wanted)
    for earlier in trials[: trials.index(best)] if best else trials:
        assert best is None or objective_value(earlier, wanted) != objective_value(best, wanted)


@given(values=st.lists(texts, max_size=8), type=st.sampled_from(TYPES))
def test_ranking_holds_every_finite_trial_once(
    values: list[str], type: Literal["minimize", "maximize"]
) -> None:
    """The ranking is a sorted list of exactly the trials with a finite value."""
    wanted = objective(type)
    trials = [trial(index, value) for index, value in enumerate(values)]
    order = ranked(trials, wanted)
    found = [objective_value(one, wanted) for one in order]
    assert sorted(one.name for one in order) == sorted(
        one.name for one in trials if objective_value(one, wanted) is not None
    )
    assert found == sorted(found, key=lambda value: float(value or 0), reverse=type == "maximize")


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_is_no_finite_number_never_wins(text: str) -> None:
    """A trial with such a value is beaten by any number, and alone it is not the best either."""
    assert number(text) is None
    assert best_trial([trial(0, text)], objective()) is None
    assert best_trial([trial(0, text), trial(1, "1e300")], objective()) == trial(1, "1e300")


@pytest.mark.parametrize("state", ["Pending", "Running", "Failed", "Killed", "MetricsUnavailable"])
def test_only_completed_trials_compete(state: TrialState) -> None:
    """A number alone is not enough: the trial must have succeeded or been stopped early."""
    assert best_trial([trial(0, "0.1", state=state)], objective()) is None


def test_early_stopped_trials_compete() -> None:
    """Katib counts an early-stopped trial's observation, and so do we."""
    stopped = trial(0, "0.1", state="EarlyStopped")
    assert best_trial([stopped, trial(1, "0.2")], objective()) == stopped


@pytest.mark.parametrize(
    ("values", "best"),
    [
        pytest.param(["0.5", "", "0.7"], 1, id="a text later"),
        pytest.param(["", "0.5"], 0, id="a text first leaves 0 to beat"),
        pytest.param(["", "-0.5"], 1, id="which a negative value does"),
        pytest.param(["nan", "0.1"], 0, id="NaN first stays"),
        pytest.param(["0.1", "nan"], 0, id="NaN later never wins"),
        pytest.param(["0.3", "0.3"], 0, id="a tie"),
        pytest.param([UNAVAILABLE, "0.3"], 1, id="unavailable is passed over"),
        pytest.param([UNAVAILABLE], None, id="nothing available"),
        pytest.param([], None, id="no trial"),
    ],
)
def test_katib_rule_while_minimising(values: list[str], best: int | None) -> None:
    """The cases that show what Katib's loop does with text that is not a number."""
    trials = [trial(index, value) for index, value in enumerate(values)]
    assert katib_best_trial(trials, objective()) == (None if best is None else trials[best])


def test_katib_rule_is_that_of_its_go_code() -> None:
    """300 random lists of values, decided by the loop of Katib 0.19 run in Go; -1 stands for none."""
    cases = json.loads((DATA / "katib_best_trial.json").read_text())
    assert len(cases) == 300
    for aim, values, expected in cases:
        wanted = objective(aim, strategy="latest")
        trials = [trial(i, metrics={"loss": Metric(latest=value)}) for i, value in enumerate(values)]
        best = katib_best_trial(trials, wanted)
        assert (trials.index(best) if best else -1) == expected, (aim, values)


def test_katib_rule_follows_the_observation_of_a_real_run() -> None:
    """As Katib 0.19 wrote it for `loss=nan`: min and max unavailable, and no latest in its JSON."""
    diverged, good = trial(1, metrics={"loss": Metric(latest="")}), trial(0, "0.3")
    assert katib_best_trial([good, diverged], objective()) == diverged


@pytest.mark.parametrize("state", ["Failed", "Killed", "Running", "Pending"])
def test_katib_rule_knows_no_metrics_of_unfinished_trials(state: TrialState) -> None:
    """Katib reads metrics of trials that succeeded or were stopped early, of no others."""
    assert katib_best_trial([trial(0, "0.1", state=state)], objective()) is None


def test_no_note_where_both_rules_agree() -> None:
    """The usual case needs no words."""
    found = result([trial(0, "0.5"), trial(1, "0.3")])
    assert (found.best, found.katib_best, found.notes) == (trial(1, "0.3"), "tune-1", ())


def test_a_diverged_trial_that_katib_names_is_noted() -> None:
    """A text that is not a number is Katib's best trial; the note has both names and both values."""
    found = result([trial(0, "0.5"), trial(1, "")])
    assert found.best == trial(0, "0.5")
    assert found.notes == (
        "Katib's own rule names trial 'tune-1', whose loss is empty; we take 'tune-0' with 0.5: only finite "
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
    """A value that is not a number leaves 0 in Katib's comparison, which can be past the goal."""
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
