# SPDX-License-Identifier: Apache-2.0
"""Recorded searches, ready to be run again."""

from __future__ import annotations

from kfp_katib.engines.katib.api.resources import as_written
from kfp_katib.experiment import Experiment, load
from tests.engines.katib.live.engine.recording import Recording


def experiment_of(recording: Recording) -> Experiment:
    """The Experiment that was recorded, as its author wrote it: without what the cluster added."""
    return load(as_written(recording.manifest))


def name_of(recorded: Recording) -> str:
    """The recorded Experiment's name."""
    return str(recorded.manifest["metadata"]["name"])
