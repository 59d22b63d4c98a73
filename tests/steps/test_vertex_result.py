# SPDX-License-Identifier: Apache-2.0
"""The end of a search on Vertex AI, from its tuning job and its bucket to the outputs."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from kfp_katib.engines.options import Identity
from kfp_katib.errors import ExperimentFailed, InputError, ServiceError, StorageError, Unfinished
from kfp_katib.results import Metric, Trial
from kfp_katib.steps.search.plan import RunContext
from kfp_katib.steps.vertex_result import Files, Job, SearchOutputs, deliver, read_plan
from kfp_katib.steps.vertex_study import vertex_study
from kfp_katib.vertex.record import Record, to_record
from tests.builders.manifest import LOSS, MODEL, TRAIN, manifest
from tests.builders.model import contents, write_files, write_model
from tests.builders.tuning_job import Json, told, tuning_job
from tests.support.gcs import gcs_bucket as gcs_bucket
from tests.support.vertex import PARENT, Vertex
from tests.support.vertex import vertex as vertex


class Search:
    """A search on Vertex AI of three trials, whose loss is 0.3, 0.2 and 0.1.

    Attributes:
        vertex: Where its job is.
        planned: What vertex_study hands on.
        models: The root of its models.
        experiment: What runs.
        base: The folder of the trials' records.
    """

    def __init__(self, vertex: Vertex, bucket: str, *command: str) -> None:
        text = manifest(*(command or (*TRAIN, "--out", MODEL)), objective={**LOSS, "goal": 0.01})
        context = RunContext("gs://data/points", bucket, "image:1")
        self.vertex, self.models = vertex, bucket
        self.planned = vertex_study(text, context, identity=Identity("run", "task"))[0]
        self.experiment = read_plan(self.planned)[0].experiment
        self.base = f"{bucket}/{self.name}/vertex"

    @property
    def name(self) -> str:
        """The Experiment's name."""
        return self.experiment.name

    def trial(self, id: int, **fields: Any) -> Trial:
        """A trial as its own record has it."""
        loss = f"0.{4 - id}"
        metrics = {"loss": Metric(loss, "0.9", "0.8"), "accuracy": Metric("0.7", "0.7", "0.7")}
        usual = {"state": "Succeeded", "reason": "TrialSucceeded", "metrics": metrics, "exit_code": 0}
        return Trial(f"{self.name}-{id}", {"lr": f"0.{id}"}, **{**usual, **fields})

    def record(self, *trials: Trial) -> None:
        """Leave the records of trials, and the models of those that succeeded."""
        for trial in trials:
            number = trial.name.rpartition("-")[2]
            write_files(f"{self.base}/{number}", {"trial.json": to_record(Record(trial)).encode()})
            if trial.state == "Succeeded":
                write_model(f"{self.models}/{self.name}/{trial.name}", {"weight.txt": trial.name.encode()})

    def end(self, *trials: Json, state: str = "SUCCEEDED", **fields: Any) -> str:
        """Let Vertex AI say how the job has ended; return Google's word for the job."""
        place = {"trialJobSpec": {"baseOutputDirectory": {"outputUriPrefix": self.base}}}
        all_three = [told(n, (4 - n) / 10, parameters={"lr": n / 10}) for n in (1, 2, 3)]
        document = tuning_job(*(trials or all_three), of=self.experiment, state=state, **(place | fields))
        name = self.vertex.jobs.put(PARENT, document).document["name"]
        uri = f"https://us-central1-aiplatform.googleapis.com/v1/{name}"
        return json.dumps({"resources": [{"resourceType": "HyperparameterTuningJob", "resourceUri": uri}]})


def delivered(search: Search, resources: str, files: Files) -> SearchOutputs:
    """The outputs of a search."""
    return deliver(search.planned, Job(resources), files)


@pytest.fixture
def search(vertex: Vertex, gcs_bucket: str) -> Search:
    """A search whose job has not ended, and whose bucket is empty."""
    return Search(vertex, gcs_bucket)


def rows(files: Files) -> list[dict[str, str]]:
    """The trials as CSV."""
    return list(csv.DictReader(Path(files.trials).read_text().splitlines()))


def test_the_best_model_is_collected_with_everything_to_read(search: Search, files: Files) -> None:
    """From the bucket, by the trials' own records; the notes of the plan stand in the summary."""
    search.record(*map(search.trial, (1, 2, 3)))
    outputs = delivered(search, search.end(), files)
    best = f"{search.name}-3"
    assert outputs.best == ({"lr": 0.3}, '{"lr": 0.3}', 0.1, best, search.name)
    assert contents(str(files.model))["weight.txt"] == best.encode()
    assert outputs.metrics == {"loss": 0.1, "accuracy": 0.7, "trials_Succeeded": 3.0}
    expected = {
        "model": "collected",
        "models": search.models,
        "image": "image:1",
        "manifest_sha256": json.loads(search.planned)["manifest_sha256"],
    }
    assert expected.items() <= outputs.metadata.items()
    assert [row["exit_code"] for row in rows(files)] == ["0"] * 3
    assert "Vertex AI has no goal" in Path(files.summary).read_text()
    assert "Vertex AI has no goal" in Path(files.report).read_text()


def test_the_next_best_model_is_collected_where_the_best_is_lost(search: Search, files: Files) -> None:
    """As in launch_katib."""
    search.record(search.trial(1), search.trial(2))
    outputs = delivered(search, search.end(), files)
    assert outputs.trial == f"{search.name}-2"
    assert "was skipped" in Path(files.summary).read_text()


def test_without_records_vertex_ais_values_are_enough(search: Search, files: Files) -> None:
    """The summary says what is missing."""
    write_model(f"{search.models}/{search.name}/{search.name}-3")
    assert delivered(search, search.end(), files).value == 0.1
    assert "No additional metrics and no log are known" in Path(files.summary).read_text()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"{", "no record of a trial"),
        (b"\xff", "no record of a trial"),
        (b"x" * (5 << 20), "more than 4194304"),
    ],
    ids=["cut off", "no text", "endless"],
)
def test_a_damaged_record_costs_no_trial(search: Search, files: Files, content: bytes, why: str) -> None:
    """What Vertex AI says of it still counts."""
    search.record(*map(search.trial, (1, 2, 3)))
    write_files(f"{search.base}/3", {"trial.json": content})
    assert delivered(search, search.end(), files).trial == f"{search.name}-3"
    assert (
        f"No additional metrics and no log are known of {search.name}-3: " in Path(files.summary).read_text()
    )
    assert why in Path(files.summary).read_text()


def test_a_failed_job_leaves_its_evidence(search: Search, files: Files) -> None:
    """The step fails with the end of the last failed trial's log; what there is to read is written."""
    failed = search.trial(
        3, state="Failed", reason="TrialFailed", metrics={}, exit_code=7, log_tail="no such data"
    )
    search.record(search.trial(1), failed)
    trials = [told(1, 0.3, parameters={"lr": 0.1}), told(3, parameters={"lr": 0.3})]
    resources = search.end(*trials, state="FAILED", error={"code": 3, "message": "Too many failed."})
    with pytest.raises(
        ExperimentFailed, match=r"(?s)max failed count.*-3', Failed .*exit code 7.*no such data"
    ):
        delivered(search, resources, files)
    assert [row["state"] for row in rows(files)] == ["Succeeded", "Failed"]
    assert "no such data" in Path(files.summary).read_text()
    assert "Too many failed" in Path(files.summary).read_text()
    assert Path(files.report).stat().st_size


def test_a_job_that_failed_by_itself_says_what_google_says(search: Search, files: Files) -> None:
    """No trial is to blame, so none is."""
    resources = search.end(
        told(1, 0.3, parameters={"lr": 0.1}), state="FAILED", error={"code": 8, "message": "Out of quota."}
    )
    with pytest.raises(
        ExperimentFailed, match=r"\(TuningJobFailed\): The tuning job failed: Out of quota"
    ) as caught:
        delivered(search, resources, files)
    assert "No trial has a finite" not in str(caught.value)


def test_a_cancelled_job_is_refused_with_its_evidence(search: Search, files: Files) -> None:
    """Google's step ends well then, as if there were something to hand on."""
    search.record(search.trial(1))
    resources = search.end(told(1, 0.3, parameters={"lr": 0.1}), state="CANCELLED")
    with pytest.raises(Unfinished, match="was cancelled"):
        delivered(search, resources, files)
    assert [row["state"] for row in rows(files)] == ["Succeeded"]
    assert "has no verdict yet" in Path(files.summary).read_text()
    assert all("was cancelled" in Path(each).read_text() for each in (files.summary, files.report))
    assert not Path(files.model).exists()


def test_a_job_is_found_where_google_left_no_word_of_it(search: Search, files: Files) -> None:
    """By the Experiment's name: its step failed, so Kubeflow Pipelines dropped the outputs."""
    search.record(search.trial(3))
    search.end()
    outputs = deliver(search.planned, Job("", "project", "us-central1"), files)
    assert outputs.trial == f"{search.name}-3"


def test_the_newest_of_several_jobs_is_taken_and_said(search: Search, files: Files) -> None:
    """A step that was repeated after a failure started a second one."""
    search.record(search.trial(3))
    search.end(state="FAILED", createTime="2026-01-01T00:00:00Z")
    search.end(createTime="2026-01-02T00:00:00Z")
    assert deliver(search.planned, Job("", "project", "us-central1"), files).trial == f"{search.name}-3"
    assert f"2 tuning jobs are named '{search.name}'; this is the newest" in Path(files.summary).read_text()


def test_a_search_that_promised_models_and_left_none_fails(search: Search, files: Files) -> None:
    """It names the folders that it looked into; what there is to read is written all the same."""
    with pytest.raises(StorageError, match=rf"left a whole model\. Looked in:\n    {search.models}/"):
        delivered(search, search.end(), files)
    assert len(rows(files)) == 3


def test_a_search_without_models_has_outputs_too(vertex: Vertex, gcs_bucket: str, files: Files) -> None:
    """The metadata says that there is none."""
    search = Search(vertex, gcs_bucket, "sh", "-c", "echo loss=${trialParameters.lr}")
    assert delivered(search, search.end(), files).metadata["model"] == "none"


def test_another_search_is_refused(search: Search, files: Files) -> None:
    """The job of another plan, handed on by mistake."""
    with pytest.raises(InputError, match="is not the planned search"):
        delivered(search, search.end(displayName="other"), files)


@pytest.mark.parametrize("place", [{}, {"baseOutputDirectory": {"outputUriPrefix": None}}])
def test_a_job_without_a_place_for_records_is_told(search: Search, files: Files, place: Json) -> None:
    """No study of ours is without one."""
    with pytest.raises(ServiceError, match="in a form that is not known here"):
        delivered(search, search.end(trialJobSpec=place), files)


@pytest.mark.parametrize("text", ["", "x", "[]", "{}", "[" * 100_000])
def test_what_is_no_plan_is_refused(text: str, files: Files) -> None:
    """Before Vertex AI is asked anything."""
    with pytest.raises(InputError, match=r"planned is .*not a plan .*vertex_study"):
        deliver(text, Job(), files)
