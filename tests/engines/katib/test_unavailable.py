# SPDX-License-Identifier: Apache-2.0
"""A trial in a cluster that has no metrics says why, where its log tells."""

from __future__ import annotations

from typing import Any

import pytest

from kfp_katib.engines.katib.unavailable import explained
from kfp_katib.experiment import load
from kfp_katib.results import Trial
from tests.builders.manifest import experiment, grid, job

NONE = "Metrics are not available"
FILE = {
    "collector": {"kind": "File"},
    "source": {"fileSystemPath": {"path": "/out/m.json", "kind": "File", "format": "JSON"}},
}


def message(tail: str, state: str = "MetricsUnavailable", **spec: Any) -> str:
    """What is said of a trial whose log ends so."""
    own = {"image": "none:1", "command": ["sh", "-c", "echo ${trialParameters.lr}"]}
    trial = Trial("t", {}, state, state, NONE, log_tail=tail)  # type: ignore[arg-type]
    return explained(
        load(experiment(job(own), name="t", parameters=[grid("0.1", "0.9", "0.1")], **spec)), trial
    ).message


@pytest.mark.parametrize(
    ("tail", "says"),
    [
        ("epoch 1\nloss: 0.5\ndone", ". It prints `loss: 0.5`, and Katib's default filter reads only"),
        ("\x1b[32mloss=0.5\x1b[0m", r". In the line `\x1b[32mloss=0.5\x1b[0m` escape codes"),
        ("val_loss=0.5", ". In the line `val_loss=0.5` the name is `val_loss`, not 'loss'."),
        ("accuracy=0.5", ""),
        ("", ""),
    ],
)
def test_the_end_of_the_log_tells(tail: str, says: str) -> None:
    """The sentence is that of the local engine; where the name is not in the log's end, none."""
    assert message(tail).startswith(NONE + says)
    assert says or message(tail) == NONE


def test_what_is_printed_is_not_what_a_file_collector_reads() -> None:
    """Its log is not its file."""
    said = message("loss=0.5", metricsCollectorSpec=FILE)
    assert said.startswith(f"{NONE}. The line `loss=0.5` was printed, and the collector File does not read")
    assert message('{"loss": 0.5}', metricsCollectorSpec=FILE) == NONE


def test_only_trials_without_metrics_are_explained() -> None:
    """Others have failed for reasons of their own."""
    assert message("loss: 0.5", "Failed") == NONE
