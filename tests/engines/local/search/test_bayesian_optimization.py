# SPDX-License-Identifier: Apache-2.0
"""Bayesian optimisation takes the settings of Katib's skopt service."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import skopt

from tests.builders.experiment import double, integer, one_of
from tests.engines.local.search.searching import asked, bowl, experiment, run, search

SQUARE = (double("x", "-1", "1"), double("y", "-1", "1"))


def trials(count: int, **settings: str) -> list[Mapping[str, str]]:
    """The first trials of a search with random_state 1 and five points to begin with."""
    chosen = {"random_state": "1", "n_initial_points": "5", **settings}
    return run(search(experiment("bayesianoptimization", SQUARE, settings=chosen)), count, bowl)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("base_estimator", "RF"),
        ("base_estimator", "ET"),
        ("acq_func", "LCB"),
        ("acq_func", "EI"),
        ("acq_func", "PI"),
        ("acq_optimizer", "sampling"),
        ("n_initial_points", "3"),
    ],
)
def test_a_setting_changes_the_search(setting: str, value: str) -> None:
    """Each of Katib's settings reaches scikit-optimize."""
    assert trials(9) != trials(9, **{setting: value})


def test_the_defaults_are_those_of_katib() -> None:
    """A Gaussian process, gp_hedge, and ten points to begin with."""
    named = trials(12, base_estimator="GP", acq_func="gp_hedge", acq_optimizer="auto", n_initial_points="10")
    made = experiment("bayesianoptimization", SQUARE, settings={"random_state": "1"})
    assert run(search(made), 12, bowl) == named


def test_no_initial_points_means_one() -> None:
    """There is nothing to learn from before the first trial; Katib's service raises there."""
    assert trials(3, n_initial_points="0") == trials(3, n_initial_points="1")


def test_it_finds_the_bottom_of_a_bowl() -> None:
    """Ten modelled points come close to the minimum."""
    assert min(map(bowl, trials(15, acq_func="EI"))) < 1e-2


def test_a_running_trial_keeps_the_next_one_away() -> None:
    """Where the best point would be near it, it counts as one that reached the best value so far."""
    suggestions = search(
        experiment("bayesianoptimization", SQUARE, settings={"random_state": "1", "acq_func": "EI"})
    )
    run(suggestions, 12, bowl)
    first, second = asked(suggestions).parameters, asked(suggestions).parameters
    assert sum(abs(float(first[name]) - float(second[name])) for name in first) > 0.02


@pytest.mark.parametrize("begun", [0, 6], ids=["initial points", "modelled"])
def test_trials_that_run_at_once_are_all_different(begun: int) -> None:
    """As long as the space has another point; then one comes again."""
    space = (one_of("x", "a", "b", "c"), integer("y", "1", "2"))
    settings = {"random_state": "1", "n_initial_points": "5", "acq_func": "EI"}
    suggestions = search(experiment("bayesianoptimization", space, settings=settings))
    run(suggestions, begun, lambda texts: "abc".index(texts["x"]) + float(texts["y"]))
    at_once = [tuple(asked(suggestions).parameters.values()) for _ in range(7)]
    assert len(set(at_once[:6])) == 6
    assert at_once[6] in at_once[:6]


def test_without_running_trials_nothing_is_assumed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model knows finished trials alone, unless it would come too close."""
    told: list[int] = []
    monkeypatch.setattr(skopt.Optimizer, "tell", lambda self, points, values: told.append(len(points)))
    space = tuple(double(name, "0", "1") for name in "abcdef")
    suggestions = search(experiment("bayesianoptimization", space, settings={"n_initial_points": "3"}))
    run(suggestions, 3, lambda texts: 1.0)
    for _ in range(3):
        asked(suggestions)
    assert told == [3, 3, 3]


def test_of_many_trials_the_best_and_the_latest_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model's time grows with their cube; what was tried in vain just now must not come again."""
    told: list[list[float]] = []
    monkeypatch.setattr(skopt.Optimizer, "tell", lambda self, points, values: told.append(values))
    suggestions = search(experiment("bayesianoptimization", SQUARE, settings={"n_initial_points": "150"}))
    values = iter(range(150))
    run(suggestions, 150, lambda texts: float(next(values)))
    asked(suggestions)
    assert told == [[*map(float, range(50)), *map(float, range(100, 150))]]


def test_gp_hedge_takes_each_of_its_functions() -> None:
    """Which one follows from the seed and the trial's number."""
    takes = {name: trials(9, acq_func=name) for name in ("EI", "LCB", "PI", "gp_hedge")}
    assert trials(9) == takes["gp_hedge"]
    assert all(takes["gp_hedge"] != takes[name] for name in ("EI", "LCB", "PI"))


def test_a_space_of_one_point_is_no_error() -> None:
    """Nothing is left to model."""
    made = experiment("bayesianoptimization", (one_of("x", "only"), double("y", "1", "1")))
    assert run(search(made), 12, lambda texts: 1.0) == [{"x": "only", "y": "1.0"}] * 12


@pytest.mark.parametrize("estimator", ["GP", "RF"])
@pytest.mark.parametrize("texts", [("a", "a"), ("a", "b", "a")])
def test_a_list_may_hold_a_value_twice(texts: tuple[str, ...], estimator: str) -> None:
    """To scikit-optimize it is one value."""
    space = (one_of("x", *texts), double("y", "0", "1"))
    settings = {"n_initial_points": "2", "base_estimator": estimator}
    suggestions = search(experiment("bayesianoptimization", space, settings=settings))
    tried = run(suggestions, 4, lambda texts: float(texts["y"]))
    assert {each["x"] for each in tried} <= set(texts)


@pytest.mark.parametrize("values", [(1.7e308, 1.0), (1e200, -1e200), (-1.7e308, 1.7e308)])
def test_a_training_that_diverged_does_not_end_the_search(values: tuple[float, float]) -> None:
    """Its loss, squared, is no number any more."""
    suggestions = search(experiment("bayesianoptimization", SQUARE, settings={"n_initial_points": "2"}))
    losses = iter((*values, 1.0, 2.0))
    assert len(run(suggestions, 4, lambda texts: next(losses))) == 4
