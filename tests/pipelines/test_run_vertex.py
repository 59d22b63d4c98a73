# SPDX-License-Identifier: Apache-2.0
"""The pipeline for Vertex AI on this machine, with Google's own step, unmodified, against a stand-in.

tests/vertex/test_search.py has more manifests, without the seconds that Google's step takes.
"""

from __future__ import annotations

import csv
import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from kfp_katib.steps.vertex_result import Files, Job, deliver
from tests.builders.manifest import CONTAINER, MODEL, TRAIN, changed, double, manifest
from tests.builders.model import contents
from tests.support.container_steps import run_containers
from tests.support.gcs import gcs_server, make_bucket
from tests.support.machine import Machine, machine_in
from tests.support.vertex import Vertex, reach, serve

pytest.importorskip(
    "google_cloud_pipeline_components", reason="Google's step comes with the extra: pip install '.[vertex]'"
)

pytestmark = pytest.mark.filterwarnings("ignore:Task 'vertex-result-2'. settings")
LAUNCHER = "hyperparameter_tuning_job.launcher"
PARAMETERS = [
    double("lr", "0.1", "0.3"),
    double("dropout", "0.1", "0.3", step="0.1"),
    {"name": "layers", "parameterType": "int", "feasibleSpace": {"min": "1", "max": "3"}},
    {"name": "activation", "parameterType": "categorical", "feasibleSpace": {"list": ["relu", "gelu"]}},
]
SHOWN = ("dropout", "layers", "activation")
SHOW = "".join(f"echo 'seen {name}=${{trialParameters.{name}}};'; " for name in SHOWN)
GPUS = {f"{CONTAINER}.resources": {"limits": {"nvidia.com/gpu": 2}}}


def search(*flags: str) -> str:
    """A manifest with an int, a step, a category and two GPUs."""
    command = ("sh", "-c", SHOW + " ".join([*TRAIN, "--out", MODEL, *flags]))
    text = manifest(*command, algorithm={"algorithmName": "random"}, parameters=PARAMETERS, name="on-vertex")
    return str(yaml.safe_dump(changed(yaml.safe_load(text), GPUS)))


@dataclass(frozen=True)
class Run:
    """A run of the pipeline.

    Attributes:
        machine: Where its steps ran.
        vertex: Where its trials ran.
        bucket: Where their models are, `gs://...`.
    """

    machine: Machine
    vertex: Vertex
    bucket: str

    @property
    def job(self) -> dict[str, Any]:
        """Its only tuning job."""
        (job,) = self.vertex.jobs.jobs.values()
        return job.document


@contextmanager
def cloud(folder: Path) -> Iterator[Run]:
    """This machine with Vertex AI and Cloud Storage around it."""
    (folder / "vertex").mkdir()
    with pytest.MonkeyPatch.context() as patch, gcs_server() as address, machine_in(folder) as machine:
        patch.setenv("STORAGE_EMULATOR_HOST", address)
        bucket = make_bucket(address)
        run_containers(patch)
        with serve(folder / "vertex", bucket=bucket) as vertex:
            reach(vertex, patch)
            yield Run(machine, vertex, bucket)


def tune(run: Run, experiment: str, **arguments: Any) -> tuple[str, str]:
    """Run the pipeline that tune-vertex.yaml is compiled from; return what it printed, and how it failed."""
    from pipelines.tune_vertex import tune_vertex

    mine = {step: f"tests.mine:{step}" for step in ("prepare", "export", "evaluate")}
    shown, failed = io.StringIO(), ""
    with redirect_stdout(shown):
        try:
            tune_vertex(
                experiment=experiment,
                project="project",
                models=f"{run.bucket}/models",
                destination=str(run.vertex.bucket.folder / "data"),
                image="registry.example.org/you/train:1",
                accelerator_type="NVIDIA_TESLA_T4",
                **mine | arguments,
            )
        except RuntimeError as err:
            failed = str(err)
    return shown.getvalue(), failed


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A run in which everything went well, and its cloud, which stays."""
    with cloud(tmp_path_factory.mktemp("tuned")) as run:
        served = {"release": f"{run.bucket}/release", "serving_image": "registry.example.org/you/serve:1"}
        printed, failed = tune(run, search(), thresholds={"error": [0, 1]}, **served)
        assert not failed, printed
        yield run


def test_the_best_model_of_a_search_on_vertex_ai_is_promoted(tuned: Run) -> None:
    """From a manifest and a script to a released model, with Google's own step in the middle."""
    assert tuned.job["state"] == "JOB_STATE_SUCCEEDED"
    best = tuned.machine.parameters("vertex-result")
    losses = [trial["finalMeasurement"]["metrics"][0]["value"] for trial in tuned.job["trials"]]
    assert best["best_value"] == min(losses)
    assert best["best_trial"] == f"{best['experiment_name']}-{losses.index(min(losses)) + 1}"
    assert tuned.machine.parameters("evaluate-model") == {"passed": True}
    released = contents(f"{tuned.bucket}/release")["model.txt"]
    assert float(released) == best["best_hyperparameters"]["lr"]


def test_the_losers_models_are_deleted_from_the_bucket(tuned: Run) -> None:
    """What stays is the winner's model, and every trial's record."""
    best = tuned.machine.parameters("vertex-result")
    left = contents(f"{tuned.bucket}/models/{best['experiment_name']}")
    records = {f"vertex/{number}/trial.json" for number in (1, 2, 3)}
    assert left.keys() == records | {f"{best['best_trial']}/{name}" for name in ("model.json", "weight.txt")}
    assert tuned.machine.parameters("extract-best-model") == {"pruned": 2}


def test_the_released_model_is_uploaded_with_the_image_that_serves_it(tuned: Run) -> None:
    """By Google's own launcher, which hands on the model's name in Vertex AI."""
    (model,) = tuned.vertex.rest.models
    assert model["display_name"] == "tuned-model"
    assert model["artifact_uri"] == f"{tuned.bucket}/release"
    assert model["container_spec"] == {"image_uri": "registry.example.org/you/serve:1"}
    resource = tuned.machine.metadata("upload-model", "model")["resourceName"]
    assert resource == "projects/project/locations/us-central1/models/1@1"


def test_a_report_is_written_with_every_trial(tuned: Run) -> None:
    """As for a search on Katib."""
    rows = list(csv.DictReader(tuned.machine.path("vertex-result", "trials").read_text().splitlines()))
    assert [row["state"] for row in rows] == ["Succeeded"] * 3
    assert "lr" in tuned.machine.path("vertex-result", "summary").read_text()
    assert "<html" in tuned.machine.path("vertex-result", "report").read_text()


def test_a_script_sees_values_as_the_manifest_writes_them(tuned: Run) -> None:
    """Vertex AI gives 2.0 for an int, and 0.30000000000000004 on a lattice."""
    (job,) = tuned.vertex.jobs.jobs.values()
    rows = list(csv.DictReader(tuned.machine.path("vertex-result", "trials").read_text().splitlines()))
    for row, trial in zip(rows, job.document["trials"], strict=True):
        log = (job.place(trial) / "log").read_text()
        assert row["parameter.dropout"] in ("0.1", "0.2", "0.3")
        assert row["parameter.layers"] in ("1", "2", "3")
        for name in SHOWN:
            assert f"seen {name}={row[f'parameter.{name}']};" in log


def test_google_gets_what_the_manifest_asks_for(tuned: Run) -> None:
    """A machine with two GPUs, the image, three trials, of which one may fail."""
    (pool,) = tuned.job["trialJobSpec"]["workerPoolSpecs"]
    assert pool["machineSpec"]["acceleratorType"] == "NVIDIA_TESLA_T4"
    assert pool["machineSpec"]["acceleratorCount"] == 2
    assert pool["containerSpec"]["imageUri"] == "registry.example.org/you/train:1"
    counts = [tuned.job[f"{name}TrialCount"] for name in ("max", "parallel", "maxFailed")]
    assert counts == [3, 2, 1]
    assert tuned.vertex.jobs.calls.count("CreateHyperparameterTuningJob") == 1


def test_the_last_step_can_run_again(tuned: Run, tmp_path: Path) -> None:
    """A retried step gives the same winner, although the losers' models are gone."""
    before = tuned.machine.parameters("vertex-result")
    planned = tuned.machine.parameters("vertex-study")["planned"]
    files = Files(*(str(tmp_path / name) for name in ("model", "trials", "summary", "report")))
    again = deliver(planned, Job(project="project", location="us-central1"), files)
    assert again.trial == before["best_trial"]
    assert json.loads(json.dumps(again.parameters)) == before["best_hyperparameters"]
    assert (tmp_path / "trials").read_text() == tuned.machine.path("vertex-result", "trials").read_text()


def test_sigterm_cancels_the_job_and_the_run_fails(tmp_path: Path) -> None:
    """Google's step ends well although its job was cancelled; ours refuses to take that for a result."""
    with cloud(tmp_path) as run:
        jobs = run.vertex.jobs

        def terminate() -> None:
            jobs.until(lambda: "GetHyperparameterTuningJob" in jobs.calls)
            jobs.until(lambda: any(len(job.processes) == 2 for job in jobs.jobs.values()))
            for child in psutil.Process().children(recursive=True):
                if LAUNCHER in " ".join(child.cmdline()):
                    child.terminate()

        threading.Thread(target=terminate, daemon=True).start()
        printed, failed = tune(run, search("--hang"))
        assert run.job["state"] == "JOB_STATE_CANCELLED"
        assert "vertex-result" in failed
        assert "was cancelled" in printed
        assert not run.machine.ran("extract-best-model")


def test_a_failed_job_fails_the_run_which_leaves_its_trials(tmp_path: Path) -> None:
    """Google's step fails and hands nothing on; a last step finds the job by its name all the same."""
    with cloud(tmp_path) as run:
        printed, failed = tune(run, search("--fail"))
        assert run.job["state"] == "JOB_STATE_FAILED"
        assert "hyperparameter-tuning-job" in failed
        assert "Exit code 3.). The end of its log:" in printed
        assert "CUDA out of memory" in printed
        assert not run.machine.ran("extract-best-model")
        (evidence,) = tmp_path.glob("outputs/*/vertex-result-2")
        assert "Failed" in (evidence / "trials").read_text()
        assert "CUDA out of memory" in (evidence / "report").read_text()
