# SPDX-License-Identifier: Apache-2.0
"""The scenarios on a real Katib; with --record, what Katib wrote is kept for the replay."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kfp_katib.experiment import load
from tests.engines.katib.live.katib import Katib
from tests.engines.katib.running import run
from tests.engines.scenarios import SCENARIOS, Scenario, assert_ends_as_written, manifest, prepare

pytestmark = pytest.mark.cluster
TRIAL_SECONDS = 4.0  # a trial that ends before its collector looks fails, whatever it printed


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_katib_ends_a_search_as_written(
    scenario: Scenario, katib: Katib, volume: Path, kept: Callable[[str], None]
) -> None:
    """Verdict, counts and best trial are those of the local engine, the conditions those of the recording."""
    prepare(volume, scenario, seconds=TRIAL_SECONDS)
    name = f"scenario-{volume.name[-8:]}"
    experiment = load(manifest(volume, scenario, name=name, image=katib.image))
    result = run(experiment, run_id="scenarios", task_name="tune", timeout_seconds=240)
    assert_ends_as_written(result, scenario)
    kept(scenario.name)
