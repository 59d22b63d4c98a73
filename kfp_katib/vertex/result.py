# SPDX-License-Identifier: Apache-2.0
"""A tuning job of Vertex AI as the Result of the Experiment that it ran.

The verdict is made anew from the trials, in Katib's order: Vertex AI knows no goal, and counts failures in
its own way. The states of a job: https://cloud.google.com/vertex-ai/docs/reference/rest/v1/JobState.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from kfp_katib.errors import InputError, ServiceError, Unfinished
from kfp_katib.experiment.model import Experiment
from kfp_katib.results import Condition, Result, Score, Trial, conclude
from kfp_katib.results.brief import counted
from kfp_katib.results.verdict import RUNNING, verdict
from kfp_katib.vertex.job_trials import ReadRecord, job_trials

Job = Mapping[str, Any]

_PARTIALLY, _CANCELLED = "JOB_STATE_PARTIALLY_SUCCEEDED", "JOB_STATE_CANCELLED"
_SUCCEEDED = ("JOB_STATE_SUCCEEDED", _PARTIALLY)
_FAILED = {
    "JOB_STATE_FAILED": ("TuningJobFailed", "The tuning job failed"),
    "JOB_STATE_EXPIRED": ("TuningJobExpired", "The tuning job expired"),
}
_AGAIN = "Start a new run of the pipeline."
_LATER = "Run this step again when the job has ended."
_UNFINISHED = {
    _CANCELLED: ("was cancelled", _AGAIN),
    "JOB_STATE_CANCELLING": ("is being cancelled", _AGAIN),
    "JOB_STATE_PAUSED": ("is paused", "Resume it. " + _LATER),
    "JOB_STATE_QUEUED": ("has not begun", _LATER),
    "JOB_STATE_PENDING": ("has not begun", _LATER),
    "JOB_STATE_RUNNING": ("still runs", _LATER),
    "JOB_STATE_UPDATING": ("still runs", _LATER),
}
_ENDED = (*_SUCCEEDED, *_FAILED, _CANCELLED)


def result(
    experiment: Experiment, job: Job, read_record: ReadRecord, *, models: str = "", notes: Iterable[str] = ()
) -> Result:
    """The Result of an Experiment that a tuning job ran.

    Args:
        experiment: What was planned.
        job: The job, as `jobs.get` gives it.
        read_record: Reads the record of a trial.
        models: The root of the trials' models, empty where there is none.
        notes: Sentences for the user; ours follow them.

    Raises:
        InputError: The job is another search than the planned one.
        ServiceError: Vertex AI describes the job in a form that is not known here.
        Unfinished: The job was cancelled, or has not ended; it carries the Result so far.
    """
    state = str(job.get("state", "JOB_STATE_UNSPECIFIED"))
    try:
        _refuse_another(experiment, job)
        why = _why(job, state)
        trials, more = job_trials(experiment, job, read_record, models=models, ended=state in _ENDED)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as err:
        raise ServiceError(
            f"Vertex AI describes the tuning job {job.get('name')} in a form that is not known here "
            f"({type(err).__name__}: {err}). Install a newer version of kfp-katib."
        ) from err
    told = [*notes, *more]
    if state not in _SUCCEEDED and state not in _FAILED:
        raise _unfinished(experiment, job, state, trials, told)
    condition = _verdict(experiment, trials, state) or Condition("Failed", _FAILED[state][0], why)
    if state == _PARTIALLY:
        told += [
            "Vertex AI says that the tuning job succeeded in part: results of some trials may be missing."
        ]
    if why and condition.message != why:
        decided = " The Experiment succeeded all the same, by Katib's rules."
        told += [f"{why}.{decided if condition.state == 'Succeeded' else ''}"]
    return conclude(experiment, trials, condition, notes=told)


def _refuse_another(experiment: Experiment, job: Job) -> None:
    found = {each["parameterId"] for each in job["studySpec"]["parameters"]}
    planned = {each.name for each in experiment.parameters}
    if job["displayName"] == experiment.name and found == planned:
        return
    raise InputError(
        f"The tuning job {job['name']} is not the planned search. It is '{job['displayName']}' over "
        f"{', '.join(sorted(found))}; planned is '{experiment.name}' over {', '.join(sorted(planned))}. "
        "Pass on the gcp_resources of the job that was started from this plan."
    )


def _why(job: Job, state: str) -> str:
    """In a sentence, with Google's own, why a job failed; empty where it did not."""
    if state not in _FAILED:
        return ""
    error = str(job.get("error", {}).get("message", "")).rstrip(".")
    return f"{_FAILED[state][1]}: {error}" if error else f"{_FAILED[state][1]}; Vertex AI gives no reason"


def _verdict(experiment: Experiment, trials: Sequence[Trial], state: str) -> Condition | None:
    """Katib's verdict on the trials that ended by themselves."""
    score = Score(experiment.objective)
    for trial in trials:
        if trial.state != "Killed":  # else a job that broke down would look like one that spent its budget
            score.take(trial)
    return verdict(experiment, score, search_ended=state in _SUCCEEDED)


def _unfinished(
    experiment: Experiment, job: Job, state: str, trials: Sequence[Trial], notes: Sequence[str]
) -> Unfinished:
    what, todo = _UNFINISHED.get(state, (f"is in the state {state}", _LATER))
    message = f"The tuning job {job['name']} {what}"
    so_far = conclude(experiment, trials, replace(RUNNING, message=f"{message}."), notes=notes)
    count = so_far.completed - so_far.count("Killed")
    done = f"{counted(count, 'trial')} had completed"
    return Unfinished(f"{message}, so Experiment '{experiment.name}' has no verdict; {done}. {todo}", so_far)
