# SPDX-License-Identifier: Apache-2.0
"""A tuning job's trials are Katib's: from their own records, or from what Vertex AI says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from threading import Barrier
from typing import Any

import pytest

from kfp_katib.errors import InputError, KfpKatibError, StorageError
from kfp_katib.results import Metric, Trial
from kfp_katib.vertex.job_trials import job_trials
from kfp_katib.vertex.record import Record
from tests.builders.experiment import experiment
from tests.builders.tuning_job import Json, told, tuning_job

PARAMETERS = {"lr": "0.01", "batch_size": "17", "activation": "relu"}
RECORD = Trial(
    "tune-1",
    PARAMETERS,
    "Succeeded",
    "TrialSucceeded",
    "Trial has succeeded",
    {"loss": Metric("0.1", "0.9", "0.5"), "accuracy": Metric("0.8", "0.8", "0.8")},
    datetime(2026, 1, 2, 3, 4, 7, tzinfo=UTC),
    datetime(2026, 1, 2, 3, 5, 3, tzinfo=UTC),
    0,
    "loss=0.5",
)


def known(
    *trials: Json,
    records: Mapping[str, Record | Trial | KfpKatibError] | None = None,
    models: str = "",
    ended: bool = True,
) -> tuple[list[Trial], list[str]]:
    """The trials of a job, with the records of some of them, and the notes."""

    def read(id: str) -> Record | None:
        found = (records or {}).get(id)
        if isinstance(found, KfpKatibError):
            raise found
        return Record(found) if isinstance(found, Trial) else found

    return job_trials(experiment(), tuning_job(*trials), read, models=models, ended=ended)


def only(trial: Json, **options: Any) -> Trial:
    """The one trial of a job."""
    return known(trial, **options)[0][0]


def test_trials_come_in_order_of_creation() -> None:
    """The tenth after the second; each named after its Experiment and its id."""
    trials, _ = known(told(10, 1.0), told(2, 1.0), told(1, 1.0))
    assert [trial.name for trial in trials] == ["tune-1", "tune-2", "tune-10"]


def test_a_record_is_what_counts() -> None:
    """Katib's own strategies, all metrics, exit code and log are in it, and when the script itself ran."""
    assert only(told(1, 0.7), records={"1": RECORD}) == RECORD


def test_a_record_is_believed_against_vertex_ai() -> None:
    """Its metric may have come too late, or as NaN: the script itself ended well."""
    assert only(told(1), records={"1": RECORD}).state == "Succeeded"


def test_times_that_a_record_lacks_are_vertex_ais() -> None:
    """To the microsecond, as Python keeps them."""
    trial = only(told(1, 0.7), records={"1": replace(RECORD, started=None, ended=None)})
    assert trial.started == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert trial.ended == datetime(2026, 1, 2, 3, 5, 5, 123456, tzinfo=UTC)


def test_a_trial_names_the_place_of_its_model() -> None:
    """With a record as without one."""
    trials, _ = known(told(1, 0.7), told(2, 0.7), records={"1": RECORD}, models="gs://models")
    assert [each.model_uri for each in trials] == ["gs://models/tune/tune-1", "gs://models/tune/tune-2"]


def test_parameters_are_katibs_texts_in_the_manifests_order() -> None:
    """Vertex AI makes floats of whole numbers, and lists parameters as it likes."""
    trial = told(1, 0.7)
    trial["parameters"].reverse()
    assert list(only(trial).parameters.items()) == list(PARAMETERS.items())


@pytest.mark.parametrize(
    ("loss", "text"), [(0.25, "0.25"), (3, "3.0"), (1e-05, "1e-05"), (0, "0.0"), ("NaN", "NaN")]
)
def test_without_a_record_the_final_measurement_counts(loss: float | str, text: str) -> None:
    """It was chosen by the objective's strategy; a 0 is not even in the answer."""
    trial = only(told(1, loss))
    assert (trial.state, trial.reason) == ("Succeeded", "TrialSucceeded")
    assert trial.metrics == {"loss": Metric(text, text, text)}


@pytest.mark.parametrize(
    ("trial", "ended", "state", "message"),
    [
        (told(1, 0.7), True, "Succeeded", "Trial has succeeded"),
        (told(1, state="SUCCEEDED"), True, "MetricsUnavailable", "no final measurement of 'loss'"),
        (told(1, infeasibleReason="Exit 3."), True, "Failed", "Trial has failed. Exit 3."),
        (told(1), True, "Failed", "Trial has failed. Vertex AI gives no reason."),
        (told(1, customJob="customJobs/7"), True, "Failed", "in Cloud Logging, as that of customJobs/7."),
        (told(1, state="ACTIVE"), True, "Killed", "ended while the trial still ran"),
        (told(1, state="STOPPING"), True, "Killed", "ended while the trial still ran"),
        (told(1, state="REQUESTED"), True, "Killed", "ended while the trial still ran"),
        (told(1, state="STATE_UNSPECIFIED"), True, "Killed", "ended while the trial still ran"),
        (told(1, state="ACTIVE"), False, "Running", "Trial is running"),
        (told(1, state="STOPPING"), False, "Running", "Trial is running"),
        (told(1, state="REQUESTED", parameters={}), False, "Pending", "Trial is created"),
        (told(1, state="STATE_UNSPECIFIED"), False, "Running", "Trial is running"),
    ],
    ids=lambda value: value.get("state") if isinstance(value, dict) else None,
)
def test_without_a_record_the_state_is_vertex_ais(trial: Json, ended: bool, state: str, message: str) -> None:
    """In Katib's words; what Vertex AI still calls active has ended with its job."""
    found = only(trial, ended=ended)
    assert found.state == state
    assert message in found.message


def test_a_record_may_have_rounded_values() -> None:
    """A service may print fewer digits on a command line than in its answers; what the script got counts."""
    record = replace(RECORD, parameters={**PARAMETERS, "lr": "0.0123457"})
    trial = told(1, 0.7, parameters={"lr": 0.0123456789, "batch_size": 17.0, "activation": "relu"})
    assert only(trial, records={"1": record}).parameters["lr"] == "0.0123457"


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (replace(RECORD, parameters={**PARAMETERS, "lr": "0.02"}), "another tuning job's"),
        (replace(RECORD, parameters={**PARAMETERS, "activation": "gelu"}), "another tuning job's"),
        (replace(RECORD, parameters={"lr": "0.01"}), "another tuning job's"),
        (replace(RECORD, name="tune-9"), "another tuning job's"),
        (replace(RECORD, ended=datetime(2026, 1, 2, 3, 4, 4, tzinfo=UTC)), "another tuning job's"),
        (InputError("This is no record of a trial: it has no 'state'."), "it has no 'state'"),
    ],
    ids=["another number", "another category", "fewer parameters", "other name", "earlier", "damaged"],
)
def test_a_record_that_is_not_the_trials_is_ignored(record: Trial | KfpKatibError, why: str) -> None:
    """An earlier job of the same name left it, or it was cut off; the note says so."""
    trials, notes = known(told(1, 0.7), records={"1": record})
    assert trials[0].metrics == {"loss": Metric("0.7", "0.7", "0.7")}
    assert len(notes) == 1
    assert notes[0].startswith("No additional metrics and no log are known of tune-1: ")
    assert why in notes[0]


@pytest.mark.parametrize("own", ["42", "77"], ids=["the tuning job's number", "that of the trial's job"])
def test_a_record_with_another_jobs_id_is_ignored(own: str) -> None:
    """Two jobs of one plan try the same values at the same time, and write at the same place."""
    trials = [told(1, 0.7, customJob="projects/1/locations/l/customJobs/77"), told(2, 0.7)]
    second = replace(RECORD, name="tune-2", parameters={**PARAMETERS, "batch_size": "18"})
    found, (note,) = known(*trials, records={"1": Record(RECORD, own), "2": Record(second, "43")})
    assert [len(each.metrics) for each in found] == [2, 1]
    assert note.endswith("tune-2: the record is another tuning job's, and the model may be.")


def test_a_record_of_this_job_is_believed_whatever_the_clocks_say() -> None:
    """That of a trial's machine may be slow."""
    early = replace(RECORD, ended=datetime(2026, 1, 2, 3, 4, 4, tzinfo=UTC))
    assert only(told(1, 0.7), records={"1": Record(early, "42")}) == early


@pytest.mark.parametrize(("ended", "state"), [(False, "Running"), (True, "Killed")])
def test_a_trial_that_was_stopped_and_runs_again_is_running(ended: bool, state: str) -> None:
    """The record of its first start is there until the second one ends."""
    record = replace(RECORD, state="Killed", metrics={})
    assert only(told(1, state="ACTIVE"), records={"1": record}, ended=ended).state == state


def test_ids_that_no_record_confirms_tell_nothing() -> None:
    """Google does not say what CLOUD_ML_JOB_ID is in a trial; a guess must not cost every record."""
    assert known(told(1, 0.7), records={"1": Record(RECORD, "a name")}) == ([RECORD], [])


def test_a_value_outside_of_the_space_costs_no_evidence() -> None:
    """It stands as Vertex AI gives it; the other trials and the verdict are as they were."""
    odd = [told(n, 0.7, parameters={"lr": 9.5, "batch_size": 17.0, "activation": "relu"}) for n in (2, 3)]
    trials, notes = known(told(1, 0.7), *odd, records={"1": RECORD})
    assert trials[0] == RECORD
    assert [each.parameters["lr"] for each in trials] == ["0.01", "9.5", "9.5"]
    assert [each.parameters["batch_size"] for each in trials] == ["17"] * 3
    assert re.match(
        r"Values outside .* stand as Vertex AI gives them, of tune-2, tune-3\. Vertex AI gives the parameter "
        r"'lr' the value 9\.5, which the manifest does not",
        notes[0],
    )


def test_a_trial_that_succeeded_without_a_record_is_noted() -> None:
    """Of one that failed Vertex AI's reason tells enough: a script that was killed cannot write one."""
    trials, notes = known(told(1, 0.7), told(2), told(3, state="ACTIVE"))
    assert [each.state for each in trials] == ["Succeeded", "Failed", "Killed"]
    assert len(notes) == 1
    assert notes[0].endswith(" of tune-1: there is no record.")


def test_many_records_that_are_missing_are_one_note() -> None:
    """Three are named, the others counted."""
    (note,) = known(*[told(each, 0.7) for each in range(1, 13)])[1]
    lead = "No additional metrics and no log are known of"
    assert note == f"{lead} tune-1, tune-2, tune-3 and 9 more: there is no record."


def test_each_reason_is_a_note() -> None:
    """A record of another tuning job means something else than a damaged one."""
    trials = [told(each, 0.7) for each in (1, 2, 3)]
    notes = known(*trials, records={"1": RECORD, "2": RECORD, "3": InputError("It is cut off.")})[1]
    assert [note.partition(" of ")[2] for note in notes] == [
        "tune-2: the record is another tuning job's, and the model may be.",
        "tune-3: It is cut off.",
    ]


def test_a_store_that_is_out_of_reach_is_not_asked_a_thousand_times() -> None:
    """It may take minutes to fail; what Vertex AI says of the trials is there all the same."""
    asked = []

    def read(id: str) -> Record | None:
        asked.append(id)
        raise StorageError("reading it: OSError: Forbidden.")

    trials = [told(each, 0.7, parameters={"lr": 0.01}) for each in range(1, 1001)]
    known, (note,) = job_trials(experiment(), tuning_job(*trials), read, models="", ended=True)
    assert [trial.state for trial in known] == ["Succeeded"] * 1000
    assert len(asked) <= 32
    assert note.endswith("tune-1, tune-2, tune-3 and 997 more: reading it: OSError: Forbidden.")


def test_records_are_read_at_the_same_time() -> None:
    """A thousand one after the other would take an object store a minute."""
    meeting = Barrier(16)

    def read(id: str) -> Record | None:
        meeting.wait(timeout=30)
        return None

    trials = [told(each, 0.7) for each in range(1, 33)]
    assert len(job_trials(experiment(), tuning_job(*trials), read, models="", ended=True)[0]) == 32
