# SPDX-License-Identifier: Apache-2.0
"""The scenarios on the local engine; tests/engines/katib/live/engine runs the same on a real Katib."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfp_katib import run
from kfp_katib.engines.local.unsupported import refusals
from kfp_katib.experiment import load
from tests.engines.algorithm_scenarios import ALGORITHMS, KEPT, STUCK
from tests.engines.scenarios import SCENARIOS, Scenario, assert_ends_as_written, manifest, prepare


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_local_engine_ends_a_search_as_written(scenario: Scenario, tmp_path: Path) -> None:
    """Verdict, counts and best trial are those of the table."""
    prepare(tmp_path / "shared", scenario, seconds=0)
    experiment = load(manifest(tmp_path / "shared", scenario, name="scenario", image="unused"))
    assert_ends_as_written(run(experiment, runs=tmp_path / "runs"), scenario)


@pytest.mark.parametrize(
    "scenario", [*ALGORITHMS, *(scenario for scenario, _, _ in STUCK)], ids=lambda scenario: scenario.name
)
def test_the_local_engine_ends_each_algorithms_search_as_written(scenario: Scenario, tmp_path: Path) -> None:
    """As Katib does (tests/engines/katib/replay/test_algorithms.py), and where Katib gets stuck as well."""
    prepare(tmp_path / "shared", scenario, seconds=0)
    written = manifest(
        tmp_path / "shared", scenario, name="scenario", image="unused", retain=scenario.name in KEPT
    )
    experiment = load(written)
    if lacks := refusals(experiment):
        pytest.skip(lacks[0].message)
    assert_ends_as_written(run(experiment, runs=tmp_path / "runs"), scenario)
