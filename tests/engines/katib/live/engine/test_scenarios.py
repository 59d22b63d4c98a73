# SPDX-License-Identifier: Apache-2.0
"""The scenarios on a real Katib; with --record, what Katib wrote is kept for the replay."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfp_katib.experiment import load
from tests.engines.katib.live.engine import recording
from tests.engines.katib.live.engine.proxy import proxied
from tests.engines.katib.live.katib import Katib
from tests.engines.katib.running import run
from tests.engines.scenarios import SCENARIOS, Scenario, assert_ends_as_written, manifest, prepare

pytestmark = pytest.mark.cluster
TRIAL_SECONDS = 2.0  # a trial that ends before its collector looks fails, whatever it printed


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_katib_ends_a_search_as_written(
    scenario: Scenario,
    katib: Katib,
    volume: Path,
    tmp_path: Path,
    versions: dict[str, str],
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Verdict, counts and best trial are those of the local engine, the conditions those of the recording."""
    prepare(volume, scenario, seconds=TRIAL_SECONDS)
    name = f"scenario-{volume.name[-8:]}"
    experiment = load(manifest(volume, scenario, name=name, image=katib.image))
    with proxied(tmp_path, katib.namespace) as (kubeconfig, traffic):
        monkeypatch.setenv("KUBECONFIG", str(kubeconfig))
        result = run(experiment, run_id="scenarios", task_name="tune", timeout_seconds=240)
    found = recording.record(traffic, versions)
    assert_ends_as_written(result, scenario)
    if request.config.getoption("--record"):
        recording.write(scenario.name, found)
    assert found.conditions() == recording.read(scenario.name).conditions()
