# SPDX-License-Identifier: Apache-2.0
"""What the files of a trial say to early stopping: its mean, whether it has to stop, what it had reported.

Katib's counterparts are its service `medianstop` and its collector `file-metricscollector`; the rule itself
is in `search.medianstop` and `trial.stop_rule`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace

from kfp_katib.engines.local.search.medianstop import mean, medianstop
from kfp_katib.experiment.model import Experiment
from kfp_katib.results import EARLY_STOPPED, Metric, TrialCondition
from kfp_katib.trial.command_line import metrics_place
from kfp_katib.trial.excerpt import shown
from kfp_katib.trial.follower import Follower
from kfp_katib.trial.metrics import collect
from kfp_katib.trial.metrics.first import first_numbers
from kfp_katib.trial.stop_rule import Watch, stop_rule
from kfp_katib.trial.trial_folder import TrialFolder

logger = logging.getLogger(__name__)


def early_stopped(experiment: Experiment, files: TrialFolder, rule: str) -> TrialCondition:
    """The outcome of a trial that was stopped early; what it reported until then counts.

    Args:
        experiment: Whose trial it is.
        files: Its folder.
        rule: Its stopping rule.
    """
    metrics: Mapping[str, Metric] = dict.fromkeys(experiment.objective.metrics, Metric())
    path = metrics_place(experiment.collector, files.metrics).path
    try:
        metrics = collect(experiment.collector, experiment.objective.metrics, path, cut_off=True)
    except Exception:  # the boundary of a trial: whatever it wrote, the search goes on
        logger.debug("the metrics of trial %s", files.path.name, exc_info=True)
    message = f"Trial is early stopped. {_why(rule)}".rstrip()
    return TrialCondition("EarlyStopped", EARLY_STOPPED, message, metrics)


def _why(text: str) -> str:
    if not text:
        return ""
    rule = stop_rule(text)
    best = f"At report {rule.start_step} of {rule.metric!r} its best value was {rule.comparison}"
    return f"{best} than {rule.value}, the mean that the trials before it gave."


def measured(
    experiment: Experiment, files: TrialFolder, outcome: TrialCondition
) -> tuple[TrialCondition, float | None]:
    """The outcome of a trial with what early stopping left out, and if it succeeded, its mean.

    Args:
        experiment: Whose trial it is.
        files: Its folder.
        outcome: How it ended.
    """
    stopping = medianstop(experiment)
    if stopping is None or outcome.state not in ("Succeeded", "EarlyStopped"):
        return outcome, None
    path = metrics_place(experiment.collector, files.metrics).path
    try:
        first = first_numbers(experiment.collector, stopping.metric, path, stopping.start_step)
    except Exception:  # as above; the end of one that was stopped may be cut off
        logger.debug("the first values of trial %s", files.path.name, exc_info=True)
        return outcome, None
    if first.stray is not None:
        left_out = f"Early stopping left out values of {stopping.metric!r} that are not numbers, such as"
        outcome = replace(outcome, message=f"{outcome.message.rstrip('.')}. {left_out} {shown(first.stray)}.")
    return outcome, mean(first.numbers) if outcome.state == "Succeeded" else None


def has_to_stop(experiment: Experiment, files: TrialFolder, rule: str) -> bool:
    """Whether what a trial has written until now makes its rule stop it, whoever watched it meanwhile."""
    if not rule:
        return False
    watch = Watch(stop_rule(rule))
    path = metrics_place(experiment.collector, files.metrics).path
    follower = Follower(experiment.collector, experiment.objective.metrics, path)
    try:
        for each in follower.look(lambda: not watch.left):
            watch.take(each.metric, each.value)
    except Exception:  # as above
        logger.debug("the reports of trial %s", files.path.name, exc_info=True)
    return watch.stops
