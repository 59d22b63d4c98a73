# SPDX-License-Identifier: Apache-2.0
"""A pipeline's parameters change algorithm and budget."""

from __future__ import annotations

from typing import Any

import pytest

from kfp_katib.errors import ManifestError
from kfp_katib.experiment import load, override
from kfp_katib.experiment.load import overriding
from tests.builders.manifest import ABSENT, changed
from tests.builders.valid import random


def test_without_values_nothing_changes() -> None:
    """None and empty are what a pipeline hands over where its user said nothing."""
    experiment = load(random())
    assert override(experiment) == experiment
    assert override(experiment, algorithm="", max_trials=0, parallel_trials=0) == experiment


def test_the_budget() -> None:
    """Each number by itself."""
    experiment = override(load(random()), max_trials=20, parallel_trials=5)
    assert (experiment.max_trial_count, experiment.parallel_trial_count) == (20, 5)
    assert experiment.max_failed_trial_count == 3


def test_a_smaller_budget_takes_the_other_counts_down() -> None:
    """Katib refuses more parallel or failed trials than trials."""
    experiment = override(load(random()), max_trials=1)
    assert experiment.parallel_trial_count == 1
    assert experiment.max_failed_trial_count == 1
    unset = changed(random(), {"spec.parallelTrialCount": ABSENT, "spec.maxFailedTrialCount": ABSENT})
    assert override(load(unset), max_trials=2).parallel_trial_count == 2


def test_more_parallel_trials_than_trials_are_the_users_mistake() -> None:
    """Both were asked for, so both are named."""
    with pytest.raises(ManifestError, match="after overrides: 1 error"):
        override(load(random()), max_trials=2, parallel_trials=3)


def test_another_algorithm_drops_the_settings_of_the_old_one() -> None:
    """Their names mean nothing to it."""
    assert override(load(random()), algorithm="tpe").algorithm.settings == {}
    assert override(load(random()), algorithm="random").algorithm.settings == {"random_state": "7"}


def test_an_algorithm_that_does_not_suit_is_refused() -> None:
    """A grid needs steps."""
    with pytest.raises(ManifestError, match="grid needs a step for 'lr'"):
        override(load(random()), algorithm="grid")


def test_an_option_stands_instead_of_the_manifests_field() -> None:
    """What it replaces is not judged: a missing or impossible budget, a setting that does not suit."""
    lacking = changed(random(), {"spec.maxTrialCount": ABSENT})
    assert load(lacking, change=overriding(max_trials=4)).max_trial_count == 4
    wrong = changed(random(), {"spec.maxTrialCount": "many", "spec.parallelTrialCount": 99})
    experiment = load(wrong, change=overriding(max_trials=4, parallel_trials=2))
    assert (experiment.max_trial_count, experiment.parallel_trial_count) == (4, 2)
    misnamed = changed(random(), {"spec.algorithm": {"algorithmName": "rondom", "algorithmSettings": 7}})
    assert load(misnamed, change=overriding(algorithm="tpe")).algorithm.name == "tpe"


@pytest.mark.parametrize(
    "changes",
    [{"spec": None}, {"spec": []}, {"spec.algorithm": 7, "spec.maxFailedTrialCount": "x"}, {"kind": "Job"}],
)
def test_what_an_option_does_not_replace_is_still_judged(changes: dict[str, Any]) -> None:
    """And named as in a manifest without options."""
    with pytest.raises(ManifestError, match=r"search\.yaml after overrides: \d+ error"):
        load(changed(random(), changes), name="search.yaml", change=overriding(max_trials=2))


@pytest.mark.parametrize("value", [10**30, float("nan"), [1], {"a": 1}, "2"])
def test_an_override_of_the_wrong_type_is_an_error_of_its_field(value: Any) -> None:
    """A caller in Python may hand over anything."""
    with pytest.raises(ManifestError, match="after overrides"):
        load(random(), change=overriding(parallel_trials=value))
