# SPDX-License-Identifier: Apache-2.0
"""Trial, Result and their conditions."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from kfp_katib.results import Condition, ExperimentState, Metric, TrialState, trial_model_uri
from tests.builders.result import result, trial


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
    """A trial that was killed by the verdict did not fail, and must not hide the one that was."""
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


def test_an_experiment_has_its_verdict_when_it_succeeded_or_failed() -> None:
    """Restarting and the like are states on the way."""
    assert [state for state in get_args(ExperimentState) if Condition(state).final] == ["Succeeded", "Failed"]


@pytest.mark.parametrize(
    ("models", "uri"),
    [
        ("s3://b/models", "s3://b/models/tune/tune-1"),
        ("/m/", "/m/tune/tune-1"),
        ("/", "/tune/tune-1"),
        ("", ""),
    ],
)
def test_the_folder_of_a_trials_model(models: str, uri: str) -> None:
    """Below its Experiment's, in the root of all models; none where there is no root."""
    assert trial_model_uri(models, "tune", "tune-1") == uri


def test_the_best_value_and_its_parameters_are_numbers() -> None:
    """By the names of the launcher's outputs; without a best trial there are none."""
    found = result([trial(0, "0.5"), trial(1, "0.25")])
    assert found.best_value == 0.25
    assert found.best_parameters == {"lr": 0.002, "batch_size": 17, "activation": "relu"}
    nothing = result([trial(0, "nan")])
    assert (nothing.best_value, nothing.best_parameters) == (None, {})
