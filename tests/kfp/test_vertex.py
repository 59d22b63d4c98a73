# SPDX-License-Identifier: Apache-2.0
"""The tuning job of tune-vertex on a Kubeflow Pipelines outside Google, with stand-ins for what needs Google.

What is tested is the pipeline's own shape: what reaches Google's launcher, and what runs after it failed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.kfp.backend import Backend, Run
from tests.kfp.vertex_stand_ins import compile_with_stand_ins

pytestmark = [pytest.mark.kfp_backend, pytest.mark.timeout(900)]

LAUNCHER, RESULT, EVIDENCE = "hyperparameter-tuning-job", "vertex-result", "vertex-result-2"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled pipeline."""
    return compile_with_stand_ins(tmp_path_factory.mktemp("vertex") / "search.yaml")


@pytest.fixture(scope="module")
def runs(backend: Backend, package: Path) -> dict[str, Run]:
    """A run whose job succeeded, one whose job failed, one whose job was cancelled: all at once."""
    return {
        name: backend.run(package, planned=name, display_name=name)
        for name in ("succeeds", "fails", "cancelled")
    }


def printed(run: Run, step: str, word: str) -> dict[str, Any]:
    """What a stand-in printed."""
    line = next(line for line in run.log(step).splitlines() if line.startswith(f"{word} "))
    document: dict[str, Any] = json.loads(line.partition(" ")[2])
    return document


def test_the_launcher_gets_one_json_with_whole_numbers(runs: dict[str, Run]) -> None:
    """Parts are put together, defaults are filled, and two accelerators are 2, which a cluster makes 2.0."""
    assert runs["succeeds"].finished() == "SUCCEEDED"
    job = printed(runs["succeeds"], LAUNCHER, "JOB")
    assert job["max_trial_count"] == 4
    pool = job["trial_job_spec"]["worker_pool_specs"][0]
    assert repr(pool["machine_spec"]) == "{'accelerator_count': 2}"
    assert job["encryption_spec"] == {"kms_key_name": ""}


def test_the_result_is_read_of_this_very_job(runs: dict[str, Run]) -> None:
    """By what Google's launcher left, and what is behind it gets its artifacts."""
    assert runs["succeeds"].finished() == "SUCCEEDED"
    assert printed(runs["succeeds"], RESULT, "RESULT")["gcp_resources"] == "the job of text"
    assert "TOLD best" in runs["succeeds"].log("told")


def test_the_upload_gets_the_models_address_and_its_image(runs: dict[str, Run]) -> None:
    """As Vertex AI's REST API takes them, with no imported artifact between."""
    assert runs["succeeds"].finished() == "SUCCEEDED"
    assert printed(runs["succeeds"], "upload-model", "JOB") == {
        "display_name": "succeeds",
        "artifact_uri": "gs://bucket/release",
        "container_spec": {"image_uri": "serve:1"},
    }


def test_a_failed_job_leaves_evidence_and_fails_the_run(runs: dict[str, Run]) -> None:
    """It is looked for by its name, since a failed step hands nothing on; nothing behind it runs."""
    assert runs["fails"].finished() == "FAILED"
    steps = runs["fails"].steps()
    assert RESULT not in steps
    assert "told" not in steps
    assert printed(runs["fails"], EVIDENCE, "RESULT")["gcp_resources"] == ""
    assert printed(runs["fails"], EVIDENCE, "RESULT")["planned"] == "fails"


def test_a_result_that_is_refused_stops_the_run(runs: dict[str, Run]) -> None:
    """As that of a cancelled job, whose launcher ends well: no empty model goes on."""
    assert runs["cancelled"].finished() == "FAILED"
    assert RESULT in runs["cancelled"].steps()
    assert "told" not in runs["cancelled"].steps()
