# SPDX-License-Identifier: Apache-2.0
"""Google's own launcher, unmodified, against the stand-in: what our steps around it rest on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.vertex import PARENT, Vertex, serve

pytest.importorskip(
    "google_cloud_pipeline_components",
    reason="Google's launcher comes with the extra: pip install '.[vertex]'",
)

LAUNCHER = "google_cloud_pipeline_components.container.v1.hyperparameter_tuning_job.launcher"

REPORT = """
import json, os, sys
given = dict(word.removeprefix("--").split("=", 1) for word in sys.argv[1:])
row = {"timestamp": 0.0, "trial": os.environ["CLOUD_ML_TRIAL_ID"], "loss": given["lr"], "global_step": "3"}
with open(os.environ["CLOUD_ML_HP_METRIC_FILE"], "w") as file:
    file.write(json.dumps(row) + "\\n")
print(json.dumps(given), os.environ["AIP_MODEL_DIR"])
"""
"""A trial as Vertex AI's documentation wants it: its loss is its learning rate."""

PARAMETERS = [
    {"parameter_id": "lr", "double_value_spec": {"min_value": 0.0, "max_value": 0.1}},
    {"parameter_id": "layers", "integer_value_spec": {"min_value": 0, "max_value": 5}},
    {"parameter_id": "batch_size", "discrete_value_spec": {"values": [0, 16, 32]}},
    {"parameter_id": "activation", "categorical_value_spec": {"values": ["relu", "", "a b"]}},
]


def payload(code: str, **more: Any) -> dict[str, Any]:
    """What the operator makes of its parameters, empty ones included, for two trials that run some Python."""
    container = {"image_uri": "registry.example.org/train:1", "command": ["python", "-c", code], "args": []}
    pool = {
        "machine_spec": {"machine_type": "n1-standard-4"},
        "replica_count": 1,
        "container_spec": container,
    }
    study = {
        "metrics": [{"metric_id": "loss", "goal": "MINIMIZE"}],
        "parameters": PARAMETERS,
        "algorithm": "RANDOM_SEARCH",
        "measurement_selection_type": "BEST_MEASUREMENT",
    }
    job = {
        "worker_pool_specs": [pool],
        "service_account": "",
        "network": "",
        "base_output_directory": {"output_uri_prefix": "gs://bucket/tune/vertex"},
    }
    counts = {"max_trial_count": 2, "parallel_trial_count": 2, "max_failed_trial_count": 0}
    keys = {"encryption_spec": {"kms_key_name": ""}}
    return {"display_name": "tune", "study_spec": study, "trial_job_spec": job, **counts, **keys, **more}


def launcher(vertex: Vertex, resources: Path, request: dict[str, Any]) -> subprocess.Popen[str]:
    """Start Google's launcher as its component does."""
    flags = {
        "type": "HyperparameterTuningJob",
        "payload": json.dumps(request),
        "project": "project",
        "location": "us-central1",
        "gcp_resources": str(resources),
    }
    words = [word for name, value in flags.items() for word in (f"--{name}", value)]
    return subprocess.Popen(
        [sys.executable, "-u", "-W", "ignore", "-m", LAUNCHER, *words],
        env=os.environ | vertex.environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def finished(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Its exit code, and what it printed."""
    printed = process.communicate(timeout=240)[0]
    return process.returncode, printed


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Vertex]:
    """The stand-in, with what Google's launcher needs; this process does not see it."""
    with serve(tmp_path) as vertex:
        yield vertex


def test_a_job_is_created_followed_and_told_of(served: Vertex, tmp_path: Path) -> None:
    """It makes one job, looks until it has ended, and writes down the job's address, which REST knows."""
    resources = tmp_path / "outputs" / "gcp_resources"
    code, printed = finished(launcher(served, resources, payload(REPORT)))
    assert code == 0, printed
    assert served.jobs.calls == ["CreateHyperparameterTuningJob", "GetHyperparameterTuningJob"]
    (resource,) = json.loads(resources.read_text())["resources"]
    assert resource == {
        "resourceType": "HyperparameterTuningJob",
        "resourceUri": f"https://us-central1-aiplatform.googleapis.com/v1/{PARENT}/hyperparameterTuningJobs/1000",
    }
    (job,) = served.jobs.jobs.values()
    assert job.state == "JOB_STATE_SUCCEEDED"
    for trial in job.document["trials"]:
        values = {each["parameterId"]: each["value"] for each in trial["parameters"]}
        flags, model = (job.place(trial) / "log").read_text().rsplit(maxsplit=1)
        assert json.loads(flags) == {name: str(value) for name, value in values.items()}
        assert model == f"gs://bucket/tune/vertex/{trial['id']}/model/"
        measured = {"stepCount": "3", "metrics": [{"metricId": "loss", "value": values["lr"]}]}
        assert trial["finalMeasurement"] == measured


def test_sigterm_cancels_the_job_and_the_step_ends_well(served: Vertex, tmp_path: Path) -> None:
    """What ends a pod ends its trials too. The launcher exits 0 then, so vertex_result must look itself."""
    process = launcher(served, tmp_path / "gcp_resources", payload("import signal; signal.pause()"))
    assert served.jobs.until(lambda: "GetHyperparameterTuningJob" in served.jobs.calls)
    (job,) = served.jobs.jobs.values()
    assert served.jobs.until(lambda: len(job.processes) == 2)
    running = [*job.processes.values()]
    process.send_signal(signal.SIGTERM)
    code, printed = finished(process)
    assert code == 0, printed
    assert served.jobs.calls[2:] == ["token", "CancelHyperparameterTuningJob"]
    assert served.jobs.until(lambda: job.state == "JOB_STATE_CANCELLED")
    assert [trial.poll() for trial in running] == [-signal.SIGTERM] * 2
    assert job.document["error"]["code"] == 1


def test_a_failed_job_fails_the_step_which_still_tells_of_it(served: Vertex, tmp_path: Path) -> None:
    """The job's address is written before the job has ended, so its trials can be read after a failure."""
    resources = tmp_path / "gcp_resources"
    request = payload("raise SystemExit(3)", max_failed_trial_count=1, parallel_trial_count=1)
    code, printed = finished(launcher(served, resources, request))
    assert code == 1
    assert "Job failed with value error in error state: 5" in printed
    (job,) = served.jobs.jobs.values()
    assert [trial["state"] for trial in job.document["trials"]] == ["INFEASIBLE"]
    assert "status of 3" in job.document["trials"][0]["infeasibleReason"]
    assert resources.read_text().count(f"{job.document['name']}") == 1


def test_a_step_that_is_started_again_follows_its_job(served: Vertex, tmp_path: Path) -> None:
    """With gcp_resources still there it makes no second job."""
    job = served.jobs.put(PARENT, {"displayName": "tune", "state": "JOB_STATE_SUCCEEDED"})
    uri = f"https://us-central1-aiplatform.googleapis.com/v1/{job.document['name']}"
    resource = {"resourceType": "HyperparameterTuningJob", "resourceUri": uri}
    (tmp_path / "gcp_resources").write_text(json.dumps({"resources": [resource]}))
    code, printed = finished(launcher(served, tmp_path / "gcp_resources", payload(REPORT)))
    assert code == 0, printed
    assert served.jobs.calls == ["GetHyperparameterTuningJob"]
