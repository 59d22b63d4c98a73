# SPDX-License-Identifier: Apache-2.0
"""The best trial: by our rule only finite numbers win; Katib's own rule is followed, surprises included."""

from __future__ import annotations

import json
import math
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfp_katib.results import (
    UNAVAILABLE,
    Metric,
    TrialState,
    best_trial,
    go_float,
    katib_best_trial,
    number,
    objective_text,
    objective_value,
    ranked,
)
from tests.builders.experiment import objective
from tests.builders.result import trial
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
    ("strategy", "reported", "expected"),
    [
        pytest.param("min", Metric("0.1", "0.9", "0.5"), "0.1", id="min"),
        pytest.param("max", Metric("0.1", "0.9", "0.5"), "0.9", id="max"),
        pytest.param("latest", Metric("0.1", "0.9", "0.5"), "0.5", id="latest"),
        pytest.param("min", Metric(latest="0.5"), "0.5", id="min falls back to latest"),
        pytest.param("max", Metric(latest="0.5"), "0.5", id="max falls back to latest"),
        pytest.param(
            "latest", Metric("0.1", "0.9", UNAVAILABLE), UNAVAILABLE, id="latest does not fall back"
        ),
    ],
)
def test_strategy_picks_the_text(
    strategy: Literal["min", "max", "latest"], reported: Metric, expected: str
) -> None:
    """The metric strategy says which aggregate the search compares."""
    one = trial(0, metrics={"loss": reported})
    assert objective_text(one, objective(strategy=strategy)) == expected


def test_a_metric_that_was_never_reported_is_unavailable() -> None:
    """A trial that printed other metrics only has no objective."""
    assert objective_text(trial(0, metrics={"accuracy": Metric("1", "1", "1")}), objective()) == UNAVAILABLE


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1.0), ("+1.5e3", 1500.0), (".5", 0.5), ("5.", 5.0), ("1_0", 10.0), ("-Infinity", -math.inf)],
)
def test_go_float_takes_what_go_takes(text: str, value: float) -> None:
    """Values checked with Go's strconv.ParseFloat."""
    assert go_float(text) == value


@pytest.mark.parametrize("text", ["", " 1", "1 ", "\n", "٣", "1e400", "-1e400", "+nan", "-NaN", "1__0", "1d"])
def test_go_float_refuses_what_go_refuses(text: str) -> None:
    """Each of these makes Go's strconv.ParseFloat return an error, though Python takes some."""
    with pytest.raises(ValueError, match=r"number|could not convert"):
        go_float(text)


def test_go_float_takes_nan() -> None:
    """Go reads an unsigned NaN in any case, which is how one becomes Katib's best trial."""
    assert math.isnan(go_float("NaN"))


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
    """The cases that show what Katib's loop does with text that is no number."""
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
