# SPDX-License-Identifier: Apache-2.0
"""A trial that was stopped early blocks a search if Katib can read its metrics no more."""

from __future__ import annotations

from typing import Any

import pytest

from kfp_katib.engines.katib.api.cache import Cache
from kfp_katib.engines.katib.diagnosis.stall import Symptom, symptoms
from tests.engines.katib import made
from tests.engines.katib.made import cache_of, experiment, pod, thing

READY = made.suggestion("DeploymentReady", requests=1, given=["t"])
SERVICE = pod("x-random-1", containers={"suggestion": {"running": {}}})


def stopped(*, retain: bool, **status: Any) -> Cache:
    """A search whose only trial was stopped early."""
    trial = thing("t", "Running", "EarlyStopped")
    trial["status"] |= status
    running = experiment("Running", spec={"trialTemplate": {"retain": retain}})
    return cache_of(of_experiment=running, of_suggestion=READY, trials=[trial], pods=[SERVICE])


def test_a_trial_that_was_stopped_early_and_has_no_job_left_is_a_symptom() -> None:
    """Katib then never reads its metrics, and waits for them (katib#1377)."""
    assert symptoms(stopped(retain=False), "training") == [Symptom("unread", "t", "its Job is deleted")]


@pytest.mark.parametrize(
    "cache",
    [stopped(retain=True), stopped(retain=False, observation={"metrics": []})],
    ids=["Job", "metrics"],
)
def test_a_trial_that_was_stopped_early_is_done_with_its_metrics(cache: Cache) -> None:
    """Or has its Job still, from which they come."""
    assert [each.cause for each in symptoms(cache, "training")] == ["silent"]
