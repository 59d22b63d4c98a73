# SPDX-License-Identifier: Apache-2.0
"""An Experiment that is in the cluster already is looked at, whoever submitted it, and nothing is touched."""

from __future__ import annotations

import pytest

from kfp_katib.engines import katib
from kfp_katib.engines.options import RunOptions
from kfp_katib.errors import InputError
from tests.engines.katib.live.engine import recording
from tests.engines.katib.replay.player import api_of, experiment_of, name_of
from tests.engines.katib.replay.server import Serve
from tests.engines.katib.running import run, watch


def test_an_experiment_can_be_watched_by_anybody(serve: Serve) -> None:
    """Whoever has submitted it, however late, and nothing is changed."""
    recorded = recording.read("mixed failures")
    api, player = api_of(recorded)
    serve(api)
    first = run(experiment_of(recorded))
    player.join()
    stored = api.store.get("experiments", name_of(recorded))
    assert stored
    api.store.put("experiments", {**stored, "metadata": {**stored["metadata"], "labels": {}}})
    before = api.asked.copy()
    watched = watch(name_of(recorded))
    assert (watched.state, [trial.name for trial in watched.trials]) == (
        first.state,
        [trial.name for trial in first.trials],
    )
    assert {request.split()[0] for request in api.asked - before} == {"GET"}
    with pytest.raises(InputError, match="No Experiment 'absent' in namespace 'team'"):
        watch("absent")


def test_an_experiment_is_read_as_it_is(serve: Serve) -> None:
    """With the addresses of its models where their root is given, and found among all that are there."""
    recorded = recording.read("budget")
    api, _ = api_of(recorded)
    serve(api)
    first = run(experiment_of(recorded), models="s3://models")
    options = RunOptions(models="s3://models/")
    found = katib.read(name_of(recorded), options)
    assert (found.state, found.trials, found.best) == (first.state, first.trials, first.best)
    assert [each.name for each in katib.searches(options)] == [name_of(recorded)]
    with pytest.raises(InputError, match="No Experiment 'absent' in namespace 'team'"):
        katib.read("absent", options)
