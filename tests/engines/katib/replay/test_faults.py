# SPDX-License-Identifier: Apache-2.0
"""A network and an API server that misbehave: no lost result, no second Experiment, no wrong verdict."""

from __future__ import annotations

import pytest

from tests.engines.katib.live.engine import recording
from tests.engines.katib.replay.faults import REQUEST_FAULTS, WATCH_FAULTS, Faults
from tests.engines.katib.replay.player import api_of
from tests.engines.katib.replay.searches import experiment_of
from tests.engines.katib.replay.server import Serve
from tests.engines.katib.running import run
from tests.engines.scenarios import BY_NAME, assert_ends_as_written

SEEDS = range(12)


@pytest.mark.parametrize("name", ["budget", "mixed failures", "parallel"])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_search_survives(name: str, seed: int, serve: Serve) -> None:
    """About one request and one event in six goes wrong, in all ways that are known; 200 faults in all."""
    recorded = recording.read(name)
    api, _ = api_of(recorded)
    api.faults = Faults(seed, probability=0.18)
    serve(api)
    assert_ends_as_written(run(experiment_of(recorded)), BY_NAME[name])
    assert api.created == [recorded.manifest["metadata"]["name"]]
    assert api.faults.injected.total() >= 6
    assert set(api.faults.injected) <= {*REQUEST_FAULTS, *WATCH_FAULTS, "answer cut"}
