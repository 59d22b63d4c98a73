# SPDX-License-Identifier: Apache-2.0
"""A tuning job's Result: Katib's verdict on its trials, Vertex AI's where they decide nothing."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfp_katib.errors import InputError, KfpKatibError, ServiceError, Unfinished
from kfp_katib.experiment.model import Experiment
from kfp_katib.results import Result
from kfp_katib.results.verdict import BUDGET_SPENT, GOAL_REACHED, SEARCH_ENDED, TOO_MANY_FAILED
from kfp_katib.vertex.record import Record
from kfp_katib.vertex.result import result
from tests.builders.experiment import experiment, objective
from tests.builders.tuning_job import NAME, Json, told, tuning_job


def none(_: str) -> Record | None:
    """No trial left a record."""
    return None


def judged(*trials: Json, of: Experiment | None = None, state: str = "SUCCEEDED", **fields: Any) -> Result:
    """The Result of a job with these trials."""
    return result(of or experiment(budget=3, failures=2), tuning_job(*trials, state=state, **fields), none)


GOAL = experiment(budget=3, failures=2, objective=objective(goal=0.5))
GOOD = [told(1, 0.7), told(2, 0.6)]
ERROR = {"code": 8, "message": "Out of quota."}


@pytest.mark.parametrize("state", ["SUCCEEDED", "PARTIALLY_SUCCEEDED", "FAILED", "EXPIRED"])
@pytest.mark.parametrize(
    ("trials", "of", "condition"),
    [
        ([told(1, 0.5), told(2), told(3)], GOAL, GOAL_REACHED),
        ([told(1), told(2, 0.5), told(3)], None, TOO_MANY_FAILED),
        ([told(1, state="SUCCEEDED"), told(2, 0.5), told(3)], None, TOO_MANY_FAILED),
        ([told(1), told(2, 0.5), told(3, 0.4)], None, BUDGET_SPENT),
    ],
    ids=["goal", "failures", "unavailable metrics are failures", "budget"],
)
def test_the_trials_decide_by_katibs_rules(
    state: str, trials: list[Json], of: Experiment | None, condition: object
) -> None:
    """Whatever Vertex AI calls its job: it knows no goal, and counts failures in its own way."""
    found = judged(*trials, of=of, state=state)
    assert (found.state, found.reason, found.message) == (
        condition.state,  # type: ignore[attr-defined]
        condition.reason,  # type: ignore[attr-defined]
        condition.message,  # type: ignore[attr-defined]
    )


@pytest.mark.parametrize("state", ["SUCCEEDED", "PARTIALLY_SUCCEEDED"])
def test_a_job_that_succeeded_early_has_ended_its_search(state: str) -> None:
    """A grid may have fewer points than the budget; the best of its trials is the result."""
    found = judged(*GOOD, state=state)
    assert (found.reason, found.succeeded) == (SEARCH_ENDED.reason, True)
    assert found.best
    assert found.best.name == "tune-2"


@pytest.mark.parametrize(
    ("state", "error", "reason", "message"),
    [
        ("FAILED", ERROR, "TuningJobFailed", "The tuning job failed: Out of quota"),
        ("FAILED", {}, "TuningJobFailed", "The tuning job failed; Vertex AI gives no reason"),
        ("EXPIRED", ERROR, "TuningJobExpired", "The tuning job expired: Out of quota"),
    ],
)
def test_a_job_that_failed_before_its_trials_decided_is_failed(
    state: str, error: Json, reason: str, message: str
) -> None:
    """With Google's own message."""
    found = judged(*GOOD, state=state, error=error)
    assert (found.state, found.reason, found.message) == ("Failed", reason, message)


def test_trials_that_a_broken_job_ended_do_not_spend_its_budget() -> None:
    """Else a job without quota would have succeeded with the first of its trials."""
    found = judged(told(1, 0.7), told(2, state="ACTIVE"), told(3, state="ACTIVE"), state="FAILED")
    assert (found.state, found.count("Killed")) == ("Failed", 2)


def test_what_vertex_ai_says_of_a_failed_job_is_a_note_beside_katibs_verdict() -> None:
    """It is not lost, and it is told where the two differ."""
    failed, succeeded = [told(1), told(2)], [told(1, 0.4)]
    notes = [judged(*each, of=GOAL, state="FAILED", error=ERROR).notes[-1] for each in (failed, succeeded)]
    assert notes[0] == "The tuning job failed: Out of quota."
    assert notes[1] == f"{notes[0]} The Experiment succeeded all the same, by Katib's rules."


def test_a_job_that_succeeded_in_part_is_noted() -> None:
    """Google does not say which results are missing."""
    assert "succeeded in part" in judged(*GOOD, state="PARTIALLY_SUCCEEDED").notes[-1]


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ("CANCELLED", rf"tuning job {NAME} was cancelled.* 2 trials had completed\. Start a new run"),
        ("CANCELLING", r"is being cancelled.* Start a new run"),
        ("PAUSED", r"is paused.* Resume it\. Run this step again"),
        ("QUEUED", r"has not begun.* Run this step again"),
        ("PENDING", r"has not begun.* Run this step again"),
        ("RUNNING", r"still runs.* Run this step again when the job has ended"),
        ("UPDATING", r"still runs.* Run this step again"),
        ("UNSPECIFIED", r"in the state JOB_STATE_UNSPECIFIED.* Run this step again"),
        ("DREAMING", r"in the state JOB_STATE_DREAMING.* Run this step again"),
    ],
)
def test_a_job_without_an_end_is_unfinished(state: str, message: str) -> None:
    """Google's step ends well when it is cancelled; what is known by then is not lost."""
    with pytest.raises(Unfinished, match=message) as caught:
        judged(*GOOD, told(3, state="ACTIVE"), of=GOAL, state=state)
    found = caught.value.result
    assert found
    assert found.best
    assert (found.state, found.best.name, len(found.trials)) == ("Running", "tune-2", 3)
    assert found.trials[2].state == ("Killed" if state == "CANCELLED" else "Running")
    assert found.message in str(caught.value).replace(", so", ".")


def test_a_job_without_a_state_is_unfinished() -> None:
    """In Google's JSON a field that has its default value is not there."""
    job = tuning_job(*GOOD)
    del job["state"]
    with pytest.raises(Unfinished, match="JOB_STATE_UNSPECIFIED"):
        result(experiment(), job, none)


def test_a_job_without_trials_has_no_best_one() -> None:
    """It may have failed before the first."""
    job = tuning_job(state="FAILED", error=ERROR)
    del job["trials"]
    found = result(experiment(), job, none)
    assert (found.trials, found.usable) == ((), False)


def test_trials_name_their_models() -> None:
    """For whoever reads the CSV."""
    found = result(experiment(), tuning_job(*GOOD), none, models="gs://models")
    assert [trial.model_uri for trial in found.trials] == [
        "gs://models/tune/tune-1",
        "gs://models/tune/tune-2",
    ]


def test_what_was_said_before_comes_first() -> None:
    """The notes of the plan, then those on the records, then those of the verdict."""
    found = result(experiment(), tuning_job(*GOOD, state="PARTIALLY_SUCCEEDED"), none, notes=["No goal."])
    assert [note[:8] for note in found.notes] == ["No goal.", "No addit", "Vertex A"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"displayName": "other"},
            r"is not the planned search\. It is 'other' over .*planned is 'tune' over",
        ),
        ({"studySpec": {"parameters": [{"parameterId": "depth"}]}}, r"It is 'tune' over depth; planned is"),
    ],
    ids=["name", "parameters"],
)
def test_another_search_is_refused(fields: Json, message: str) -> None:
    """Its best model would be delivered as that of this manifest."""
    with pytest.raises(InputError, match=message):
        judged(*GOOD, **fields)


@pytest.mark.parametrize(
    "fields",
    [{"studySpec": {}}, {"trials": [{"state": "ACTIVE"}]}, {"trials": [told(1, 0.7, startTime="noon")]},
     {"trials": {"1": told(1)}}, {"error": [], "state": "JOB_STATE_FAILED"}],
    ids=["no parameters", "a trial without id", "no time", "no list", "no error"],
)  # fmt: skip
def test_a_job_of_another_form_is_told(fields: Json) -> None:
    """The API may change; the error says what was not understood."""
    with pytest.raises(ServiceError, match=rf"tuning job {NAME} in a form that is not known here \(\w+Error"):
        result(experiment(), {**tuning_job(*GOOD), **fields}, none)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def places(value: object, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each value inside a JSON document."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        yield (*above, step)
        yield from places(inner, (*above, step))


@given(st.data())
def test_no_answer_of_the_server_is_a_traceback(data: st.DataObject) -> None:
    """Any value of it may be any other: then there is a Result, or an error that a user can read."""
    job = copy.deepcopy(tuning_job(*GOOD, told(3), state="FAILED", error=ERROR))
    *way, last = data.draw(st.sampled_from(list(places(job))))
    owner: Any = job
    for step in way:
        owner = owner[step]
    owner[last] = data.draw(JSON)
    with suppress(KfpKatibError):
        assert result(experiment(), job, none)
