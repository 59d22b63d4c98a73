# SPDX-License-Identifier: Apache-2.0
"""An Experiment's condition, and whether Katib is about to take it back. Pure.

Katib restarts an Experiment whose budget was raised after its verdict. Until its controller has noticed, the
old verdict is all that the status says, and to take it for the new one would end the search at once.
"""

from __future__ import annotations

from datetime import datetime

from kfp_katib.engines.katib.api.resources import Object, moment, status, true_conditions
from kfp_katib.experiment.defaults import RESUMABLE
from kfp_katib.results import Condition, ExperimentState

MAX_TRIALS_REACHED = "ExperimentMaxTrialsReached"

_STATES: tuple[ExperimentState, ...] = ("Failed", "Succeeded", "Running", "Restarting")


def condition(experiment: Object) -> Condition:
    """The condition of an Experiment; `Restarting` from the moment that its verdict is bound to go."""
    if awaits_restart(experiment):
        budget = _spec(experiment).get("maxTrialCount")
        message = f"maxTrialCount is {budget} now; katib-controller has not restarted the search yet"
        return Condition("Restarting", "", message)
    return _reported(experiment)


def restartable(experiment: Object) -> bool:
    """Whether Katib restarts a completed Experiment once its maxTrialCount is above its count of trials.

    Its `IsCompletedExperimentRestartable` (pkg/controller.v1beta1/experiment/util/status_util.go, 0.19).
    """
    ended = _reported(experiment)
    policy = _spec(experiment).get("resumePolicy")
    return (ended.state, ended.reason) == ("Succeeded", MAX_TRIALS_REACHED) and policy in RESUMABLE


def awaits_restart(experiment: Object) -> bool:
    """Whether katib-controller restarts a completed Experiment as soon as it looks at it.

    Its own test in `Reconcile` (pkg/controller.v1beta1/experiment/experiment_controller.go, 0.19).
    """
    return restartable(experiment) and not too_few(experiment, _spec(experiment).get("maxTrialCount"))


def too_few(experiment: Object, max_trials: int | None) -> bool:
    """Whether a maxTrialCount leaves no room for another trial; None is no limit."""
    return max_trials is not None and max_trials <= trial_count(experiment)


def trial_count(experiment: Object) -> int:
    """How many Trials an Experiment has, as its status counts them."""
    return int(status(experiment).get("trials") or 0)


def restarted(experiment: Object) -> datetime | None:
    """When Katib last restarted an Experiment that runs; None if it never did.

    `Restarting` keeps the time of the first restart; `Running` has that of the last.
    """
    holds = true_conditions(experiment)
    running = holds.get("Running") or {}
    return moment(running.get("lastTransitionTime")) if "Restarting" in holds else None


def _reported(experiment: Object) -> Condition:
    holds = true_conditions(experiment)
    for state in _STATES:
        if found := holds.get(state):
            return Condition(state, found.get("reason") or "", found.get("message") or "")
    return Condition("Created")


def _spec(experiment: Object) -> Object:
    return experiment.get("spec") or {}
