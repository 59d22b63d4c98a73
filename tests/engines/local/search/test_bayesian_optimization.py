# SPDX-License-Identifier: Apache-2.0
"""Bayesian optimisation takes the settings of Katib's skopt service."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.builders.experiment import double, one_of
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
    """A running trial counts as one that reached the best value so far."""
    suggestions = search(
        experiment("bayesianoptimization", SQUARE, settings={"random_state": "1", "acq_func": "EI"})
    )
    run(suggestions, 12, bowl)
    first, second = asked(suggestions).parameters, asked(suggestions).parameters
    assert sum(abs(float(first[name]) - float(second[name])) for name in first) > 0.02


def test_a_space_of_one_point_is_no_error() -> None:
    """Nothing is left to model."""
    made = experiment("bayesianoptimization", (one_of("x", "only"), double("y", "1", "1")))
    assert run(search(made), 12, lambda texts: 1.0) == [{"x": "only", "y": "1.0"}] * 12
