# SPDX-License-Identifier: Apache-2.0
"""A pipeline's overrides stand instead of the manifest's fields, before the rules judge."""

from __future__ import annotations

from typing import Any

import pytest

from kfp_katib.errors import InputError
from tests.builders.manifest import manifest
from tests.steps.launch_katib.test_plan import planned


def test_overrides_change_algorithm_and_budget() -> None:
    """A pipeline's parameters can shrink a search without a second manifest."""
    made = planned(overrides={"algorithm": "random", "max_trials": 2, "parallel_trials": 1}).experiment
    assert (made.algorithm.name, made.max_trial_count, made.parallel_trial_count) == ("random", 2, 1)


def test_overrides_stand_instead_of_the_manifests_fields() -> None:
    """A manifest may leave to the pipeline what the pipeline gives."""
    text = manifest("train", "${trialParameters.lr}", maxTrialCount=None, algorithm={"algorithmName": "gird"})
    made = planned(text, overrides={"max_trials": 2, "algorithm": "grid"}).experiment
    assert (made.max_trial_count, made.algorithm.name) == (2, "grid")


def test_a_count_may_arrive_as_text() -> None:
    """Kfp makes text of a pipeline's parameter inside a dictionary."""
    assert planned(overrides={"max_trials": "2"}).experiment.max_trial_count == 2


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        pytest.param({"max_trial": 2}, r"'max_trial'\. Did you mean 'max_trials'", id="misspelt"),
        pytest.param({"max_trials": 2.5}, r"max_trials is 2\.5\. Give a whole number", id="not whole"),
        pytest.param({"parallel_trials": -1}, r"parallel_trials is -1", id="negative"),
        pytest.param({"max_trials": "9" * 5000}, r"max_trials is '9999.*Give a whole", id="too large"),
        pytest.param([2], r"overrides is \[2\]\. Give a mapping of algorithm", id="no mapping"),
        pytest.param({"max_trials": None, "parallel_trials": [2]}, r"is \[2\]", id="a list"),
    ],
)
def test_overrides_that_mean_nothing_are_refused(overrides: Any, message: str) -> None:
    """With the nearest name that means something."""
    with pytest.raises(InputError, match=message):
        planned(overrides=overrides)
