# SPDX-License-Identifier: Apache-2.0
"""The Pareto set: what nobody beats in every metric at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfp_katib.experiment import Objective
from kfp_katib.experiment.model import Strategy
from kfp_katib.results import Metric, Result, Trial, TrialState, pareto
from tests.builders.experiment import experiment, objective
from tests.builders.result import result, trial
from tests.builders.several_objectives import LOSS_AND_SECONDS, compared, traded, valued
from tests.support.speed import within

STRATEGY: st.SearchStrategy[Strategy] = st.sampled_from(["min", "max"])
VALUES = st.sampled_from(["0", "-0.0", "1", "2", "3.5", "1e300", "-1e300", "nan", "inf", "none", ""])
NUMBERS = st.one_of(VALUES, st.floats().map(repr))


def names(found: Result) -> list[str]:
    """The members, without what their names share."""
    return [each.name.removeprefix("tune-") for each in found.pareto]


def better(one: Sequence[float], other: Sequence[float]) -> bool:
    """The definition: as good in each, and better in one. All values are to be minimized."""
    return all(a <= b for a, b in zip(one, other, strict=True)) and tuple(one) != tuple(other)


def place(each: Trial, of: Objective) -> list[float]:
    """A trial's values, each to be minimized."""
    signs = {"minimize": 1.0, "maximize": -1.0}
    return [signs[way] * float(each.metrics[name].latest) for name, way in of.directions.items()]


@st.composite
def searches(draw: st.DrawFn) -> Result:
    """A search with two to four objectives, some of whose trials lack a value."""
    of = objective(
        draw(st.sampled_from(["minimize", "maximize"])),
        compared={f"other_{n}": draw(STRATEGY) for n in range(draw(st.integers(1, 3)))},
    )
    row = st.lists(NUMBERS, min_size=len(of.metrics), max_size=len(of.metrics))
    return compared(of, *draw(st.lists(row, max_size=25)))


def finite(each: Trial, of: Objective) -> bool:
    """Whether it has all of its values, by Python's own reading."""
    texts = [each.metrics[name].latest if name in each.metrics else "nan" for name in of.directions]
    return all(text not in ("none", "nan", "inf", "-inf") for text in texts)


@given(searches(), st.integers(1, 30))
def test_it_is_what_the_definition_says(found: Result, at_once: int) -> None:
    """No member is beaten, and whoever else has all values is beaten by a member; in parts of any size."""
    of = found.experiment.objective
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pareto, "_AT_ONCE", at_once)
        members = found.pareto
    places = {each.name: place(each, of) for each in found.trials if finite(each, of)}
    inside = {each.name: places[each.name] for each in members}
    for name, one in places.items():
        assert (name in inside) == (not any(better(other, one) for other in places.values()))
        assert name in inside or any(better(other, one) for other in inside.values())
    first = [one[0] for one in inside.values()]
    assert first == sorted(first)


def test_the_best_by_the_objective_comes_first() -> None:
    """Of two equals the one that was created earlier; both are in the set, and a beaten one is not."""
    rows = [("3", "1"), ("1", "5"), ("3", "1"), ("2", "5"), ("2", "3")]
    assert names(compared(LOSS_AND_SECONDS, *rows)) == ["1", "4", "0", "2"]


def test_each_metric_has_its_own_direction() -> None:
    """The objective's is its type, whichever of its values counts; an additional one's is its strategy."""
    of = objective("maximize", metric="accuracy", strategy="latest", compared={"seconds": "min", "f1": "max"})
    assert of.directions == {"accuracy": "maximize", "seconds": "minimize", "f1": "maximize"}
    assert names(compared(of, ("0.9", "9", "0.1"), ("0.8", "9", "0.1"), ("0.8", "1", "0.1"))) == ["0", "2"]


@pytest.mark.parametrize(
    "of", [objective(), objective(additional=["seconds"])], ids=["one metric", "no direction"]
)
def test_one_direction_has_no_set(of: Objective) -> None:
    """It would be the best trial, which is known."""
    assert compared(of, ("1", "2"), ("2", "1")).pareto == ()


@pytest.mark.parametrize("missing", ["", "nan", "inf", "-inf", "unavailable", "fast"])
def test_a_trial_without_a_finite_value_takes_no_part(missing: str) -> None:
    """Even if its objective is the best: nobody knows what it would be compared by."""
    found = compared(LOSS_AND_SECONDS, ("1", missing), ("2", "2"))
    assert names(found) == ["1"]
    assert found.best is not None
    assert found.best.name == "tune-0"


@pytest.mark.parametrize(
    ("state", "taken"),
    [
        ("Succeeded", True),
        ("EarlyStopped", True),
        ("Failed", False),
        ("MetricsUnavailable", False),
        ("Killed", False),
        ("Running", False),
    ],
)
def test_those_compete_that_compete_for_the_best(state: TrialState, *, taken: bool) -> None:
    """Whatever the others have reported."""
    found = result([valued(0, "1", "1", state=state)], experiment(objective=LOSS_AND_SECONDS))
    assert bool(found.pareto) == taken


def test_the_value_is_that_of_the_metrics_strategy() -> None:
    """Of what a trial reported; where min is unavailable the latest, as in Katib."""
    first = {"loss": Metric("1", "9", "9"), "seconds": Metric("unavailable", "unavailable", "3")}
    second = {"loss": Metric("2", "2", "2"), "seconds": Metric("2", "8", "8")}
    trials = [trial(0, metrics=first), trial(1, metrics=second), valued(2, "1", "4")]
    assert names(result(trials, experiment(objective=LOSS_AND_SECONDS))) == ["0", "1"]


def test_verdict_best_trial_and_order_stay_what_they_are() -> None:
    """The set is told beside them."""
    rows = [("3", "1"), ("1", "5")]
    both, alone = compared(LOSS_AND_SECONDS, *rows), compared(objective(), *rows)
    kept: list[Any] = [(each.state, each.reason, each.best_value, each.katib_best) for each in (both, alone)]
    assert kept[0] == kept[1]


@pytest.mark.usefixtures("untraced")
def test_ten_thousand_trials_take_no_time() -> None:
    """0.1 s of the processor where nothing else runs."""
    found = traded(10_000, objective(compared={"seconds": "min", "accuracy": "max"}))
    with within(0.5):
        assert len(found.pareto) > 20
