# SPDX-License-Identifier: Apache-2.0
"""The two tree-structured Parzen estimators take the settings of their two services."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace

import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfp_katib.engines.local.search.space import dimension
from kfp_katib.engines.local.search.tpe import drawn
from kfp_katib.experiment.model import Parameter
from tests.builders.experiment import double, one_of
from tests.engines.local.search.searching import asked, bowl, experiment, run, search
from tests.engines.local.search.test_space import numeric_parameters
from tests.places import ROOT

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


def test_no_candidates_means_one() -> None:
    """From none nothing can be chosen; Optuna raises there, in Katib's service too."""
    no, one = ({"n_startup_trials": "2", "n_ei_candidates": count} for count in ("0", "1"))
    assert trials("multivariate-tpe", 5, no) == trials("multivariate-tpe", 5, one)


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


@given(
    st.lists(
        numeric_parameters() | st.sampled_from([one_of("", "a"), one_of("", "a", "b", "c")]), min_size=1
    ),
    st.integers(0, 2**32 - 1),
)
def test_the_first_suggestions_are_those_of_optuna(parameters: list[Parameter], seed: int) -> None:
    """They are drawn without it, and do not differ in the last digit."""
    dimensions = [dimension(replace(each, name=f"p{index}")) for index, each in enumerate(parameters)]
    sampler = optuna.samplers.TPESampler(seed=seed)
    distributions = {
        dim.label: optuna.distributions.json_to_distribution(json.dumps(dim.distribution()))
        for dim in dimensions
    }
    values = optuna.create_study(sampler=sampler).ask(distributions).params
    assert drawn(dimensions, seed) == {dim.name: values[dim.label] for dim in dimensions}


def test_the_first_trials_do_not_wait_for_optuna() -> None:
    """As many as run at a time start before it is imported."""
    code = (
        "import sys; from tests.engines.local.search.searching import experiment, search; "
        "suggestions = search(experiment('tpe', parallel=2)); "
        "suggestions.ask(), suggestions.ask(); assert not {'optuna', 'numpy'} & sys.modules.keys(); "
        "suggestions.get_ready(); assert 'optuna' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
