# SPDX-License-Identifier: Apache-2.0
"""Whole searches on the stand-in for Vertex AI: our steps on both sides, our entry point in each trial.

The tuning job is created by REST instead of by Google's launcher, which takes seconds and is tested with one
manifest in tests/pipelines/test_run_vertex.py. It needs no package of Google's but google-auth.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from kfp_katib.errors import ExperimentFailed
from kfp_katib.steps.vertex_result import Files, Job, SearchOutputs, deliver
from kfp_katib.steps.vertex_study import Identity, Machine, RunContext, vertex_study
from kfp_katib.vertex.study import Study
from tests.builders.manifest import CONTAINER, MODEL, TRAIN, double, manifest
from tests.builders.manifest import changed as with_changes
from tests.builders.model import contents, write_files
from tests.support.vertex import PARENT, Vertex, reach, serve
from tests.support.vertex.trials import Manner

FIELDS = [field.name for field in fields(Study)]
SIX = [
    double("lr", "0.01", "0.5", distribution="logUniform"),
    double("dropout", "0.1", "0.5", step="0.1"),
    {"name": "layers", "parameterType": "int", "feasibleSpace": {"min": "1", "max": "4"}},
    {"name": "width", "parameterType": "int", "feasibleSpace": {"min": "16", "max": "64", "step": "16"}},
    {"name": "batch_size", "parameterType": "discrete", "feasibleSpace": {"list": ["16", "32", "2.50"]}},
    {"name": "activation", "parameterType": "categorical", "feasibleSpace": {"list": ["relu", "", "a b"]}},
]
"""A parameter of each kind that Vertex AI has."""


@dataclass(frozen=True)
class Places:
    """Where a search runs.

    Attributes:
        vertex: The stand-in.
        bucket: A bucket on a server, with the data of tests/mine.py.
        folder: Where the outputs go.
    """

    vertex: Vertex
    bucket: str
    folder: Path

    def study(self, text: str, machine: Machine = Machine(), **overrides: Any) -> tuple[str, Study]:  # noqa: B008
        """The first step: what it planned, and Google's inputs."""
        context = RunContext(f"{self.bucket}/data", f"{self.bucket}/models", "registry.example.org/train:1")
        planned, *rest = vertex_study(
            text, context, identity=Identity("run", "study"), machine=machine, overrides=overrides
        )
        return planned, Study(*rest)

    def run(self, study: Study) -> dict[str, Any]:
        """Google's step: the job after its end."""
        name = self.vertex.jobs.create(PARENT, request(study))["name"]
        return self.vertex.jobs.get(name, patience=60)

    def result(self, planned: str, **job: str) -> SearchOutputs:
        """The last step."""
        return deliver(planned, Job(project="project", location="us-central1", **job), self.files)

    @property
    def files(self) -> Files:
        """The outputs of the last step."""
        return Files(*(str(self.folder / name) for name in ("model", "trials", "summary", "report")))

    def rows(self) -> list[dict[str, str]]:
        """The trials as the last step wrote them."""
        return list(csv.DictReader((self.folder / "trials").read_text().splitlines()))


def request(study: Study) -> dict[str, Any]:
    """The job that Google's component makes of its inputs, as REST has it."""
    study_spec = {
        "metrics": study.study_spec_metrics,
        "parameters": study.study_spec_parameters,
        "algorithm": study.study_spec_algorithm,
        "measurement_selection_type": study.study_spec_measurement_selection_type,
    }
    job = {
        "worker_pool_specs": study.worker_pool_specs,
        "base_output_directory": {"output_uri_prefix": study.base_output_directory},
    }
    counts = {name: getattr(study, name) for name in FIELDS if name.endswith("_count")}
    made: dict[str, Any] = camel(
        {"display_name": study.display_name, "study_spec": study_spec, "trial_job_spec": job, **counts}
    )
    return made


def camel(value: Any) -> Any:
    """The names of a message's fields as JSON has them."""
    if isinstance(value, list):
        return [camel(each) for each in value]
    if isinstance(value, dict):
        return {
            re.sub("_(.)", lambda found: found[1].upper(), name): camel(each) for name, each in value.items()
        }
    return value


@pytest.fixture
def places(tmp_path: Path, gcs_bucket: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Places]:
    """An empty bucket but for the data, and a stand-in that has run nothing."""
    folder = tmp_path / "vertex"
    folder.mkdir()
    with serve(folder, bucket=gcs_bucket, rpc=False) as vertex:
        reach(vertex, monkeypatch)
        write_files(f"{gcs_bucket}/data", {"points.txt": b"1\n2"})
        yield Places(vertex, gcs_bucket, tmp_path)


SHOWN = ("dropout", "layers", "width", "batch_size", "activation")
TRAINED = " ".join([*TRAIN, "--out", MODEL])
SHELL = "; ".join([*(f"echo 'seen {name}=${{trialParameters.{name}}};'" for name in SHOWN), TRAINED])


@pytest.mark.parametrize("manner", [Manner(), Manner("--name value", "16")], ids=["=", "blank"])
def test_a_search_over_every_kind_of_parameter_hands_on_its_best_model(
    places: Places, manner: Manner
) -> None:
    """Each value reaches the script as the manifest writes it, whatever Vertex AI has made of it."""
    places.vertex.jobs.manner = manner
    planned, study = places.study(
        manifest("sh", "-c", SHELL, algorithm={"algorithmName": "random"}, maxTrialCount=4, parameters=SIX)
    )
    job = places.run(study)
    assert job["state"] == "JOB_STATE_SUCCEEDED"
    outputs = places.result(planned)
    rows = places.rows()
    assert len(rows) == 4
    best = min(rows, key=lambda row: abs(float(row["parameter.lr"]) - 0.2))
    assert outputs.trial == best["name"]
    assert float((places.folder / "model" / "weight.txt").read_text()) == float(best["parameter.lr"])
    for row in rows:
        number = row["name"].rpartition("-")[2]
        log = json.loads(contents(f"{study.base_output_directory}/{number}")["trial.json"])["log_tail"]
        assert row["parameter.dropout"] in ("0.1", "0.2", "0.3", "0.4", "0.5")
        assert row["parameter.batch_size"] in ("16", "32", "2.50")
        for name in SHOWN:
            assert f"seen {name}={row[f'parameter.{name}']};" in log


@pytest.mark.parametrize("algorithm", ["grid", "tpe"])
def test_a_step_is_a_list_that_each_algorithm_of_vertex_ai_takes(places: Places, algorithm: str) -> None:
    """A grid is walked once, and ends when every value was tried."""
    planned, study = places.study(manifest(*TRAIN, algorithm={"algorithmName": algorithm}))
    places.run(study)
    outputs = places.result(planned)
    assert outputs.metadata["model"] == "none"
    values = [row["parameter.lr"] for row in places.rows()]
    assert set(values) <= {"0.1", "0.2", "0.3"}
    assert len(values) == 3
    if algorithm == "grid":
        assert outputs.parameters == {"lr": 0.2}
        assert outputs.value == 0


def test_a_trial_gets_the_gpus_that_the_manifest_asks_for(places: Places) -> None:
    """Their type is the caller's; how many, the manifest's."""
    limits = {f"{CONTAINER}.resources": {"limits": {"nvidia.com/gpu": 2}}}
    text = yaml.safe_dump(with_changes(yaml.safe_load(manifest(*TRAIN)), limits))
    planned, study = places.study(text, Machine("n1-standard-8", "NVIDIA_TESLA_T4"), max_trials=1)
    job = places.run(study)
    assert job["trialJobSpec"]["workerPoolSpecs"][0]["machineSpec"] == {
        "machineType": "n1-standard-8",
        "acceleratorType": "NVIDIA_TESLA_T4",
        "acceleratorCount": 2,
    }
    assert places.result(planned).trial == f"{study.display_name}-1"


def test_a_failed_search_leaves_its_trials_and_says_why(places: Places) -> None:
    """Without Google's word for the job, since its step failed: the job is found by the Experiment's name."""
    planned, study = places.study(manifest(*TRAIN, "--fail", parallelTrialCount=1))
    job = places.run(study)
    assert job["state"] == "JOB_STATE_FAILED"
    with pytest.raises(
        ExperimentFailed, match=r"(?s)maxFailedTrialCount is 1.*Exit code 3.*CUDA out of memory"
    ):
        places.result(planned)
    assert [row["state"] for row in places.rows()] == ["Failed"]
    assert "CUDA out of memory" in (places.folder / "report").read_text()
