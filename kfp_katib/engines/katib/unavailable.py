# SPDX-License-Identifier: Apache-2.0
"""Why a trial has no metrics, as far as the end of its log tells; Katib says only that it has none."""

from __future__ import annotations

from dataclasses import replace

from kfp_katib.experiment.model import Experiment
from kfp_katib.results import Trial
from kfp_katib.trial.metrics import missing_in_lines as missing_metric


def explained(experiment: Experiment, trial: Trial) -> Trial:
    """The trial, with the line in its message that shows why the collector found nothing."""
    if trial.state != "MetricsUnavailable":
        return trial
    why = _reason(experiment, trial.log_tail)
    return replace(trial, message=f"{trial.message.rstrip('.')}. {why}") if why else trial


def _reason(experiment: Experiment, tail: str) -> str:
    """Why, where a line of the log holds the metric's name; what lies before the log's end is not known."""
    collector, metric = experiment.collector, experiment.objective.metric
    named = [line for line in tail.split("\n") if metric.lower() in line.lower()]
    if collector.kind == "StdOut" and named:
        return missing_metric.reason(collector, metric, missing_metric.Lines(named, ()))
    if collector.kind in ("File", "TensorFlowEvent"):
        lines = (line for line in named if missing_metric.holds(collector, metric, line))
        return next((missing_metric.printed(collector, metric, line) for line in lines), "")
    return ""
