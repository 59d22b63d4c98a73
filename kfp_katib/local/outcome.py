# SPDX-License-Identifier: Apache-2.0
"""How a trial ended, in Katib's words: from exit code, completion mark and metrics to state and reason.

Katib's words: `UpdateTrialStatusCondition` in `pkg/controller.v1beta1/trial/trial_controller_util.go`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kfp_katib.experiment.model import Experiment
from kfp_katib.local.command import metrics_place
from kfp_katib.local.metrics import CollectorError, collect
from kfp_katib.local.trial import TrialFolder
from kfp_katib.results import UNAVAILABLE, Metric, TrialState

_NO_MARK = (
    "The command exited with 0, but its line never came to the completion mark that Katib appends; Katib "
    "fails such a trial. A line must not end in a comment, and must not leave by `exit` or `exec`."
)
_NO_METRIC = (
    "The trial succeeded, but nothing that Katib's collector reads holds the objective {name!r}. Of a chain "
    "of commands, only the last one's output is collected; it must print {name}=<number>."
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one trial."""

    state: TrialState
    reason: str
    message: str
    metrics: Mapping[str, Metric] = field(default_factory=dict)


KILLED = Outcome("Killed", "TrialKilled", "The Experiment had its verdict while the trial still ran.")


def examine(experiment: Experiment, files: TrialFolder, exit_code: int) -> Outcome:
    """The outcome of a trial that ended by itself."""
    if exit_code != 0:
        return _failed(f"Exit code {exit_code}.")
    if not files.marked():
        return _failed(_NO_MARK)
    path = metrics_place(experiment.collector, files.metrics).path
    try:
        metrics = collect(experiment.collector, experiment.objective.metrics, path)
    except CollectorError as err:
        return _failed(str(err))
    if metrics[experiment.objective.metric].latest == UNAVAILABLE:
        hint = _NO_METRIC.format(name=experiment.objective.metric)
        message = f"Metrics are not available. {hint}"
        return Outcome("MetricsUnavailable", "MetricsUnavailable", message, metrics)
    return Outcome("Succeeded", "TrialSucceeded", "Trial has succeeded", metrics)


def _failed(why: str) -> Outcome:
    return Outcome("Failed", "TrialFailed", f"Trial has failed. {why}")
