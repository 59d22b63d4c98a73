# SPDX-License-Identifier: Apache-2.0
"""How a trial ended, in Katib's words: state and reason from its exit code, completion mark and metrics.

Source: `UpdateTrialStatusCondition` in Katib's `pkg/controller.v1beta1/trial/trial_controller_util.go`.
"""

from __future__ import annotations

import logging
from pathlib import Path

from kfp_katib.experiment.model import Collector, Experiment
from kfp_katib.results import UNAVAILABLE, TrialCondition, is_text, metric_text, number
from kfp_katib.trial.command_line import metrics_place
from kfp_katib.trial.excerpt import shown
from kfp_katib.trial.metrics import CollectorError, collect
from kfp_katib.trial.metrics import missing_in_files as unavailable
from kfp_katib.trial.trial_folder import TrialFolder

logger = logging.getLogger(__name__)

_NO_MARK = (
    "The command exited with 0, but its line never came to the completion mark that Katib appends; Katib "
    "fails such a trial. A line must not end in a comment, and must not leave by `exit` or `exec`."
)


def examine(experiment: Experiment, files: TrialFolder, exit_code: int) -> TrialCondition:
    """The outcome of a trial that ended by itself; bad output fails this trial, never the search."""
    if exit_code != 0:
        return failed(f"Exit code {exit_code}.")
    if not files.marked():
        return failed(_NO_MARK)
    try:
        return _of_metrics(experiment, files)
    except Exception as err:  # the boundary of a trial: the search and its journal must go on
        logger.debug("the metrics of trial %s", files.path.name, exc_info=True)
        return failed(f"What it wrote cannot be read ({type(err).__name__}: {shown(str(err))}).")


def _of_metrics(experiment: Experiment, files: TrialFolder) -> TrialCondition:
    collector, objective = experiment.collector, experiment.objective
    path = metrics_place(collector, files.metrics).path
    try:
        metrics = collect(collector, objective.metrics, path)
    except CollectorError as err:
        return failed(str(err))
    except OSError as err:
        return failed(unavailable.of_file(collector, objective.metric, path, files.log, err))
    if metrics[objective.metric].latest == UNAVAILABLE:
        message = _unavailable(collector, objective.metric, path, files)
        return TrialCondition("MetricsUnavailable", "MetricsUnavailable", message, metrics)
    message = "Trial has succeeded"
    text = metric_text(metrics[objective.metric], objective.strategies[objective.metric])
    if number(text) is None and not (objective.texts and is_text(text)):
        message += f". {unavailable.of_number(collector, objective.metric, text, path)}"
    return TrialCondition("Succeeded", "TrialSucceeded", message, metrics)


def _unavailable(collector: Collector, metric: str, path: Path, files: TrialFolder) -> str:
    if collector.kind == "TensorFlowEvent":
        place, why = (
            f"the folder {shown(collector.path)}",
            unavailable.of_events(collector, metric, path, files.log),
        )
    else:
        place = "the collected output" if collector.kind == "StdOut" else f"the file {shown(collector.path)}"
        why = unavailable.of_lines(collector, metric, path, files.log)
    lead = f"Metrics are not available. Katib's collector finds no {metric!r} in {place}."
    return f"{lead} {why}".rstrip()


def failed(why: str) -> TrialCondition:
    """The outcome of a trial that has failed, with the reason in a sentence."""
    return TrialCondition("Failed", "TrialFailed", f"Trial has failed. {why}")
