# SPDX-License-Identifier: Apache-2.0
"""A manifest becomes a tuning job's inputs, or is refused before anything starts."""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import pytest

import components
from kfp_katib.errors import InputError, ManifestError
from kfp_katib.experiment import Experiment, load
from kfp_katib.steps.vertex_study import Identity, Machine, RunContext, vertex_study
from kfp_katib.vertex.packed import unpack
from kfp_katib.vertex.study import Study
from tests.builders.manifest import LOSS, MODEL, manifest

RUN = Identity("run-1", "vertex-study")
COMMAND = ("train", "--lr=${trialParameters.lr}")
READING = (*COMMAND, "--data=${pipeline.dataset}")


@dataclass
class Artifact:
    """A dataset of another step, whose copy Kubeflow Pipelines has put on this step's disk."""

    uri: str
    path: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)


def planned(
    *command: str,
    identity: Identity = RUN,
    machine: Machine = Machine(),  # noqa: B008  (frozen)
    overrides: Any = None,
    spec: Any = None,
    **around: Any,
) -> dict[str, Any]:
    """What the step hands on, by the names of the component's outputs."""
    usual = {"maxFailedTrialCount": None}  # a limit is a note of its own
    text = manifest(*(command or COMMAND), name="tune", **(usual | (spec or {})))
    context = RunContext(**{"models": "gs://bucket/models", "image": "train:1"} | around)
    values = vertex_study(text, context, identity=identity, machine=machine, overrides=overrides)
    return dict(zip(["planned", *(each.name for each in fields(Study))], values, strict=True))


def seen_by_trials(outputs: dict[str, Any]) -> Experiment:
    """The Experiment that reaches a trial."""
    (argument,) = outputs["worker_pool_specs"][0]["container_spec"]["args"]
    return unpack(argument.removeprefix("--packed="))


def command(experiment: Experiment) -> list[str]:
    """The command of a trial."""
    spec = experiment.trial_template.spec or {}
    words: list[str] = spec["spec"]["template"]["spec"]["containers"][0]["command"]
    return words


def test_the_step_hands_on_what_the_component_declares() -> None:
    """The operator's inputs under the operator's names, behind the plan."""
    returned = components.vertex_study.python_func.__annotations__["return"]
    assert list(planned()) == list(returned._fields)


def test_a_trial_sees_buckets_as_files() -> None:
    """Models and data are below /gcs; Vertex AI itself knows the folder by its address."""
    outputs = planned(*READING, f"--out={MODEL}", dataset="gs://bucket/data/")
    name = outputs["display_name"]
    assert command(seen_by_trials(outputs))[2:] == [
        "--data=/gcs/bucket/data",
        f"--out=/gcs/bucket/models/{name}/${{trialParameters.trial}}",
    ]
    assert outputs["base_output_directory"] == f"gs://bucket/models/{name}/vertex"


def test_the_plan_says_all_that_the_result_needs() -> None:
    """The manifest as it runs, which loads again; the models' address, and whether there will be any."""
    outputs = planned(f"--out={MODEL}", *COMMAND)
    plan = json.loads(outputs["planned"])
    assert load(plan["manifest"]) == seen_by_trials(outputs)
    assert (plan["models"], plan["expects_model"], plan["notes"]) == ("gs://bucket/models", True, [])
    assert len(plan["manifest_sha256"]) == 64


def test_a_retried_step_plans_the_same_job() -> None:
    """So that Google's launcher finds its own job, and the records lie where they lay."""
    assert planned() == planned()


@pytest.mark.parametrize(
    "other", [{"identity": Identity("run-2", "vertex-study")}, {"identity": Identity("run-1", "again")}]
)
def test_another_run_or_step_has_another_job(other: dict[str, Any]) -> None:
    """Two searches never share a name, nor a folder."""
    assert planned(**other)["display_name"] != planned()["display_name"]


def test_overrides_change_the_search() -> None:
    """As in launch_katib; the algorithm becomes Vertex AI's, and the plan says so."""
    outputs = planned(overrides={"algorithm": "tpe", "max_trials": "2"})
    assert (outputs["study_spec_algorithm"], outputs["max_trial_count"]) == ("ALGORITHM_UNSPECIFIED", 2)
    assert json.loads(outputs["planned"])["notes"] == [
        "Vertex AI has no tpe: its own Bayesian optimization suggests the values."
    ]


def test_what_is_otherwise_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever reads the step's log learns it before the money is spent."""
    caplog.set_level(logging.INFO)
    outputs = planned(spec={"objective": {**LOSS, "goal": 0.1}})
    (note,) = json.loads(outputs["planned"])["notes"]
    assert note.startswith("Vertex AI has no goal")
    assert note in caplog.messages


def test_arguments_are_read_as_they_were_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """kfp.local writes its interpreter for every python3, and floating point for whole numbers."""
    monkeypatch.setattr(sys, "orig_argv", ["/venv/bin/python3.11", "-m", "kfp.dsl.executor_main"])
    outputs = planned("/venv/bin/python3.11", *COMMAND, overrides={"max_trials": 2.0})
    assert command(seen_by_trials(outputs))[0] == "python3"
    assert outputs["max_trial_count"] == 2


def test_the_data_are_where_an_artifact_says(tmp_path: Path) -> None:
    """At its own address, or at the one that prepare_data has written into its metadata."""
    own = Artifact("gs://bucket/run/dataset", str(tmp_path))
    told = Artifact("minio://mlpipeline/data", str(tmp_path), {"address": "gs://bucket/prepared"})
    paths = [command(seen_by_trials(planned(*READING, dataset=each)))[2] for each in (own, told)]
    assert paths == ["--data=/gcs/bucket/run/dataset", "--data=/gcs/bucket/prepared"]


@pytest.mark.parametrize("dataset", ["s3://bucket/data", "/data", Artifact("minio://mlpipeline/v2/data")])
def test_data_that_no_trial_can_read_are_refused(dataset: object) -> None:
    """Only a bucket of Google Cloud Storage is mounted; both ways to get the data there are named."""
    with pytest.raises(InputError, match=r"The data are at .*data, .*root at gs://, or dataset_uri a gs://"):
        planned(*READING, dataset=dataset)


def test_data_that_no_trial_reads_may_be_anywhere() -> None:
    """evaluate_model reads the pipeline's dataset as well."""
    assert planned(dataset="s3://bucket/data")["display_name"] == planned()["display_name"]


def test_data_that_are_gone_are_refused(tmp_path: Path) -> None:
    """As in launch_katib: a step that was taken from the cache may have lost them."""
    gone = Artifact("gs://bucket/data", str(tmp_path / "gone"))
    with pytest.raises(InputError, match="the artifact gs://bucket/data is empty"):
        planned(dataset=gone)


@pytest.mark.parametrize(
    "models",
    ["", "/models", "/gcs/bucket/models", "s3://bucket/models", 'gs://bucket/"m"', "gs://bucket/a\\b"],
)
def test_models_lie_in_google_cloud_storage(models: str) -> None:
    """Nothing else survives a trial's machine, and Google's launcher writes the address into its JSON."""
    with pytest.raises(InputError, match=r"models is .*Trials on Vertex AI write .* give gs://bucket/folder"):
        planned(models=models)


@pytest.mark.parametrize("models", ["gs:/bucket/models", "gs://bucket/../other", "gs://bucket/a//b"])
def test_an_address_that_leads_elsewhere_is_refused(models: str) -> None:
    """A typo must not become a folder of its own."""
    with pytest.raises(InputError, match="gs://bucket"):
        planned(models=models)


@pytest.mark.parametrize("identity", [Identity("", "step"), Identity("run", "")], ids=["run_id", "task_name"])
def test_a_search_must_belong_to_a_run(identity: Identity) -> None:
    """Without a run and a step two searches would write over each other."""
    with pytest.raises(InputError, match=r"is empty, so two searches would share one folder.*PLACEHOLDER"):
        planned(identity=identity)


def test_a_placeholder_that_nobody_filled_is_refused() -> None:
    """As in launch_katib."""
    with pytest.raises(InputError, match=r"run_id is 'a-{{.*the whole argument"):
        planned(identity=Identity("a-{{$.pipeline_job_uuid}}", "step"))


def test_a_plan_that_no_argument_holds_is_refused() -> None:
    """A manifest that fits this step's arguments may be too long for the step behind the tuning job."""
    with pytest.raises(InputError, match=r"As JSON the manifest .* have 1\d\d,\d+ bytes, .*Move data out"):
        planned(*COMMAND, '""' * 15_000)


def test_a_manifests_own_errors_come_first() -> None:
    """What is wrong everywhere is mended before what Vertex AI cannot do."""
    with pytest.raises(ManifestError) as error:
        planned(spec={"algorithm": {"algorithmName": "sobol"}, "parallelTrialCount": 0})
    assert [problem.rule for problem in error.value.problems] == ["parallel-not-positive"]


def test_what_vertex_ai_cannot_run_is_refused() -> None:
    """With every reason, the machine's included."""
    with pytest.raises(ManifestError, match="on Vertex AI: 2 errors; nothing was started") as error:
        planned(spec={"algorithm": {"algorithmName": "sobol"}}, machine=Machine(accelerator_type="NVIDIA_L4"))
    assert [each.path for each in error.value.problems] == [
        "spec.algorithm.algorithmName",
        "accelerator_type",
    ]
