# SPDX-License-Identifier: Apache-2.0
"""A recorded search, run to its first verdict and then asked for with other fields."""

from __future__ import annotations

from typing import Any

from kfp_katib.engines.katib.api.resources import as_written
from kfp_katib.experiment import Experiment, load
from kfp_katib.results import Result
from tests.builders.manifest import changed
from tests.engines.katib.live.engine.recording import Recording
from tests.engines.katib.replay.player import Player, experiment_of
from tests.engines.katib.replay.server import Api, Serve
from tests.engines.katib.running import run

MORE = {"spec.maxTrialCount": 4, "spec.parallelTrialCount": 2}


def asked(recorded: Recording, changes: dict[str, Any] = MORE) -> Experiment:
    """The recorded Experiment with other fields."""
    return load(changed(as_written(recorded.manifest), changes))


def finished(api: Api, player: Player, serve: Serve) -> Result:
    """Serve a recording and run its search to its first verdict."""
    serve(api)
    return run(experiment_of(player.recording))
