# SPDX-License-Identifier: Apache-2.0
"""The trials of a tuning job in Katib's words: from their own records, or else from what Vertex AI says.

Vertex AI's own states: https://cloud.google.com/vertex-ai/docs/reference/rest/v1/Trial#State. A field
that has its default value, such as the number 0, is not in the JSON: https://protobuf.dev/programming-guides/json.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from math import isclose
from typing import Any

from kfp_katib.errors import InputError, KfpKatibError, StorageError
from kfp_katib.experiment.model import Experiment, Objective
from kfp_katib.results import Metric, Trial, TrialCondition, number, trial_model_uri
from kfp_katib.vertex.record import Record
from kfp_katib.vertex.space import katib_text

ReadRecord = Callable[[str], Record | None]
"""Gives the record of a trial by Vertex AI's id of it, None where there is none. It raises a StorageError
where the store is out of reach, an InputError where the record is damaged. Several threads call it."""

_READERS = 32  # records at once: each takes an object store some 50 ms
_NAMED = 3  # trials that a note names
_ROUNDED = 1e-5  # relatively
_KILLED = TrialCondition("Killed", "TrialKilled", "The tuning job ended while the trial still ran.")
_RUNNING = TrialCondition("Running", "TrialRunning", "Trial is running")
_PENDING = TrialCondition("Pending", "TrialCreated", "Trial is created")


def job_trials(
    experiment: Experiment, job: Mapping[str, Any], read_record: ReadRecord, *, models: str, ended: bool
) -> tuple[list[Trial], list[str]]:
    """The trials of a tuning job, in order of creation, and notes on their values and their records.

    Args:
        experiment: What the job ran.
        job: The job, as REST shows it.
        read_record: Reads the record of a trial.
        models: The root of the trials' models, empty where there is none.
        ended: Whether the job has ended: no trial of it runs any more, whatever Vertex AI says of it.
    """
    listed = sorted(job.get("trials", ()), key=lambda each: int(each["id"]))
    told = [_told(experiment, each, models, ended=ended) for each in listed]
    with ThreadPoolExecutor(_READERS) as pool:
        records = [*pool.map(_careful(read_record), [str(each["id"]) for each in listed])]
    jobs = _jobs(job, listed, records)
    known = [_known(trial, record, jobs) for (trial, _), record in zip(told, records, strict=True)]
    return [trial for trial, _ in known], [*_foreign(told), *_notes(known)]


def _careful(read_record: ReadRecord) -> Callable[[str], Record | KfpKatibError | None]:
    """The same, with errors as values; a store that has failed is not asked again, as it may take minutes."""
    failed: list[StorageError] = []

    def read(id: str) -> Record | KfpKatibError | None:
        try:
            return failed[0] if failed else read_record(id)
        except StorageError as err:
            failed.append(err)
            return err
        except KfpKatibError as err:
            return err

    return read


def _jobs(job: Mapping[str, Any], trials: Iterable[Mapping[str, Any]], records: Iterable[object]) -> Set[str]:
    """The ids under which the job runs its trials, empty where none of its records has one of them.

    Whether CLOUD_ML_JOB_ID is the number of the tuning job, that of a trial's own job or something else,
    Google's documentation does not say: where no record confirms one, it tells nothing.
    """
    names = [job.get("name"), *(each.get("customJob") for each in trials)]
    ids = {str(name).rpartition("/")[2] for name in names if name}
    return ids if any(isinstance(each, Record) and each.job in ids for each in records) else set()


def _known(told: Trial, record: Record | KfpKatibError | None, jobs: Set[str]) -> tuple[Trial, str]:
    """The trial, and what is wrong with its record."""
    if isinstance(record, KfpKatibError):
        return told, str(record).rstrip(".")
    if record is None:
        return told, "there is no record" if told.state == "Succeeded" else ""
    trial = record.trial
    alike = trial.name == told.name and _alike(trial.parameters, told.parameters)
    if not alike or (record.job not in jobs if jobs and record.job else _earlier(trial, told)):
        return told, "the record is another tuning job's, and the model may be"
    if trial.state == "Killed" and not told.completed:  # it was stopped, and has been started again
        return told, ""
    started, ended = trial.started or told.started, trial.ended or told.ended
    return replace(trial, started=started, ended=ended, model_uri=told.model_uri), ""


def _earlier(record: Trial, told: Trial) -> bool:
    """Whether it had ended before this trial began: a grid, for example, tries the same values again."""
    return record.ended is not None and told.started is not None and record.ended < told.started


def _alike(ours: Mapping[str, str], theirs: Mapping[str, str]) -> bool:
    """Whether these are the same values: what Vertex AI gave the trial as text may have been rounded."""
    return ours.keys() == theirs.keys() and all(_same(text, theirs[name]) for name, text in ours.items())


def _same(one: str, other: str) -> bool:
    first, second = number(one), number(other)
    return one == other or (
        first is not None and second is not None and isclose(first, second, rel_tol=_ROUNDED)
    )


def _foreign(told: Sequence[tuple[Trial, str]]) -> list[str]:
    names, reasons = [trial.name for trial, why in told if why], [why for _, why in told if why]
    if not names:
        return []
    lead = f"Values outside of the search space stand as Vertex AI gives them, of {_listed(names)}"
    return [f"{lead}. {reasons[0]}"]


def _notes(known: Sequence[tuple[Trial, str]]) -> list[str]:
    wrong: dict[str, list[str]] = {}
    for trial, why in known:
        if why:
            wrong.setdefault(why, []).append(trial.name)
    return [
        f"No additional metrics and no log are known of {_listed(names)}: {why}."
        for why, names in wrong.items()
    ]


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _told(experiment: Experiment, trial: Mapping[str, Any], models: str, *, ended: bool) -> tuple[Trial, str]:
    """A trial as Vertex AI tells of it, and what is wrong with its values."""
    name = f"{experiment.name}-{trial['id']}"
    values = {each["parameterId"]: each["value"] for each in trial.get("parameters", ())}
    texts, why = _texts(experiment, values)
    condition = _condition(trial, experiment.objective, ended=ended)
    found = Trial(
        name,
        texts,
        condition.state,
        condition.reason,
        condition.message,
        condition.metrics,
        started=_moment(trial.get("startTime")),
        ended=_moment(trial.get("endTime")),
        model_uri=trial_model_uri(models, experiment.name, name),
    )
    return found, why


def _texts(experiment: Experiment, values: Mapping[str, str | float]) -> tuple[dict[str, str], str]:
    """A trial's values as Katib's texts, and what is wrong with one that is outside of its space.

    Such a value keeps its own text: the trial ran all the same, and its evidence must not be lost.
    """
    texts, why = dict[str, str](), ""
    for parameter in experiment.parameters:
        if parameter.name in values:
            try:
                texts[parameter.name] = katib_text(parameter, values[parameter.name])
            except InputError as err:
                texts[parameter.name], why = str(values[parameter.name]), str(err)
    return texts, why


def _condition(trial: Mapping[str, Any], objective: Objective, *, ended: bool) -> TrialCondition:
    state, metrics = trial.get("state"), _metrics(trial)
    if state == "INFEASIBLE":
        return TrialCondition("Failed", "TrialFailed", f"Trial has failed. {_why(trial)}", metrics)
    if state == "SUCCEEDED" and objective.metric in metrics:
        return TrialCondition("Succeeded", "TrialSucceeded", "Trial has succeeded", metrics)
    if state == "SUCCEEDED":
        message = f"Metrics are not available. Vertex AI has no final measurement of {objective.metric!r}."
        return TrialCondition("MetricsUnavailable", "MetricsUnavailable", message, metrics)
    if ended:
        return replace(_KILLED, metrics=metrics)
    return _PENDING if state == "REQUESTED" else _RUNNING


def _why(trial: Mapping[str, Any]) -> str:
    """Vertex AI's reason, and where the log is: no record has it."""
    reason = trial.get("infeasibleReason") or "Vertex AI gives no reason."
    job = trial.get("customJob")
    return f"{reason} Its log is in Cloud Logging, as that of {job}." if job else reason


def _metrics(trial: Mapping[str, Any]) -> dict[str, Metric]:
    """The final measurement; by which strategy it was chosen is the study's business."""
    final = trial.get("finalMeasurement", {}).get("metrics", ())
    texts = {each["metricId"]: _number(each.get("value", 0)) for each in final}
    return {name: Metric(text, text, text) for name, text in texts.items()}


def _number(value: float | str) -> str:
    """A number as Katib's text; JSON has no NaN and no infinity, so Google writes these as text."""
    return value if isinstance(value, str) else repr(float(value))


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
