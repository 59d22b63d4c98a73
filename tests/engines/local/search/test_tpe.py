# SPDX-License-Identifier: Apache-2.0
"""The two tree-structured Parzen estimators take the settings of their two services."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.builders.experiment import double
from tests.engines.local.search.searching import asked, bowl, experiment, run, search

SQUARE = (double("x", "0", "1"), double("y", "0", "1"))


def trials(
    algorithm: str, count: int, settings: Mapping[str, str] | None = None, *, parallel: int = 1
) -> list[Mapping[str, str]]:
    """The first trials of a search with random_state 1."""
    chosen = {"random_state": "1", **(settings or {})}
    made = experiment(algorithm, SQUARE, parallel=parallel, settings=chosen)
    return run(search(made), count, bowl)


@pytest.mark.parametrize(
    ("algorithm", "setting", "value"),
    [
        ("tpe", "gamma", "0.9"),
        ("tpe", "prior_weight", "20"),
        ("tpe", "n_EI_candidates", "3"),
        ("multivariate-tpe", "n_startup_trials", "3"),
        ("multivariate-tpe", "n_ei_candidates", "3"),
    ],
)
def test_a_setting_changes_the_search(algorithm: str, setting: str, value: str) -> None:
    """Each of Katib's settings reaches the estimator."""
    assert trials(algorithm, 25) != trials(algorithm, 25, {setting: value})


@pytest.mark.parametrize(
    ("algorithm", "settings"),
    [
        ("tpe", {"gamma": "0.25", "prior_weight": "1.0", "n_EI_candidates": "24"}),
        ("multivariate-tpe", {"n_startup_trials": "10", "n_ei_candidates": "24"}),
    ],
)
def test_the_defaults_are_those_of_katib(algorithm: str, settings: Mapping[str, str]) -> None:
    """Hyperopt's for tpe, Optuna's for multivariate-tpe."""
    assert trials(algorithm, 20) == trials(algorithm, 20, settings)


def test_tpe_draws_at_random_as_many_trials_as_run_at_a_time() -> None:
    """Katib's service passes the first request's size as hyperopt's number of start-up trials."""
    few, many = trials("tpe", 8, parallel=2), trials("tpe", 8, parallel=8)
    assert few[:2] == many[:2]
    assert few[2:] != many[2:]


@pytest.mark.parametrize("algorithm", ["tpe", "multivariate-tpe"])
def test_a_failed_trial_repels_nobody(algorithm: str) -> None:
    """A running trial counts as a bad one (the constant liar); once it has failed it no longer does."""

    def after(*, failed: bool) -> Mapping[str, str]:
        suggestions = search(experiment(algorithm, SQUARE, settings={"random_state": "1"}))
        run(suggestions, 12, bowl)
        lost = [asked(suggestions).number for _ in range(3)]
        for number in lost if failed else ():
            suggestions.tell(number, None)
        return asked(suggestions).parameters

    assert after(failed=True) != after(failed=False)
