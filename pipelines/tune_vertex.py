# SPDX-License-Identifier: Apache-2.0
"""Tune a model on Google's Vertex AI: the manifest of pipelines/tune.py, with Google's own operator.

The only file that imports google-cloud-pipeline-components (the extra `vertex`).
"""

import json
from typing import NamedTuple

from google_cloud_pipeline_components.types.artifact_types import VertexModel
from google_cloud_pipeline_components.v1.hyperparameter_tuning_job import HyperparameterTuningJobRunOp
from kfp import dsl
from kfp.dsl import Dataset, Input, Model, Output, OutputPath

from components import (
    TRAINING_IMAGE,
    evaluate_model,
    extract_best_model,
    prepare_data,
    vertex_result,
    vertex_study,
)
from pipelines.promote_if_passed import promote_and_register

GOOGLES_IMAGE = HyperparameterTuningJobRunOp.component_spec.implementation.container.image
"""Google's launcher of jobs, in the version that the installed package names."""


def joined(argument: str) -> str:
    """An argument that is put together from parts, as one text with the same placeholders in it.

    Kubeflow Pipelines has never put parts together (https://github.com/kubeflow/pipelines/issues/9486; 2.17
    hands the container the list of parts), but it fills placeholders wherever they stand in a text, and so
    do Vertex AI Pipelines and kfp.local.
    """
    return "".join(json.loads(argument)["Concat"]) if argument.startswith('{"Concat": ') else argument


@dsl.container_component
def upload_model(
    display_name: str,
    address: str,
    serving_image: str,
    project: str,
    location: str,
    model: Output[VertexModel],
    gcp_resources: OutputPath(str),
) -> dsl.ContainerSpec:
    """Upload a model to Vertex AI's own registry, with the image that serves it.

    It starts the launcher of Google's ModelUploadOp, which takes the address and the image from an imported
    artifact's metadata: the importer of Kubeflow Pipelines puts no parameter into them.

    Args:
        display_name: The model's name there.
        address: The folder with the model's files, gs://...
        serving_image: The image of a server that reads them from AIP_STORAGE_URI
            (https://cloud.google.com/vertex-ai/docs/predictions/custom-container-requirements).
        project: The Google Cloud project.
        location: The region.
        model: The uploaded model, by its name in Vertex AI.
        gcp_resources: The upload as Google's own components name it.
    """
    payload = (
        f'{{"display_name": "{display_name}", "artifact_uri": "{address}", '
        f'"container_spec": {{"image_uri": "{serving_image}"}}}}'
    )
    flags = {
        "type": "UploadModel",
        "payload": payload,
        "project": project,
        "location": location,
        "gcp_resources": gcp_resources,
        "executor_input": "{{$}}",
    }
    launcher = "google_cloud_pipeline_components.container.v1.model.upload_model.launcher"
    return dsl.ContainerSpec(
        image=GOOGLES_IMAGE,
        command=["python3", "-u", "-m", launcher],
        args=[word for name, value in flags.items() for word in (f"--{name}", value)],
    )


class Found(NamedTuple):
    """What is handed on of a search."""

    best_model: Model
    trials: Dataset


@dsl.pipeline(name="search", description="Run a tuning job on Vertex AI and read what it found.")
def search(
    planned: str,
    display_name: str,
    study_spec_metrics: list,
    study_spec_parameters: list,
    worker_pool_specs: list,
    study_spec_algorithm: str,
    study_spec_measurement_selection_type: str,
    max_trial_count: int,
    parallel_trial_count: int,
    max_failed_trial_count: int,
    base_output_directory: str,
    project: str,
    location: str,
    service_account: str,
    network: str,
) -> Found:
    """Run a tuning job on Vertex AI, and read what it found, also where it failed.

    The result is read twice. What is handed on comes from a step that only a job that went well reaches; the
    other one, `evidence`, runs whatever became of the job and is needed by nobody. One step cannot be both:
    Kubeflow Pipelines 2.17 makes an exit hook of a step that ignores failures, and behind a hook that fails,
    as at a cancelled job, it goes on with empty values. Such a hook belongs to every step of its pipeline
    that it takes anything of, vertex_study as well, so this is a pipeline of its own.
    """
    job = HyperparameterTuningJobRunOp(
        display_name=display_name,
        base_output_directory=base_output_directory,
        worker_pool_specs=worker_pool_specs,
        study_spec_metrics=study_spec_metrics,
        study_spec_parameters=study_spec_parameters,
        study_spec_algorithm=study_spec_algorithm,
        study_spec_measurement_selection_type=study_spec_measurement_selection_type,
        max_trial_count=max_trial_count,
        parallel_trial_count=parallel_trial_count,
        max_failed_trial_count=max_failed_trial_count,
        encryption_spec_key_name="",  # Kubeflow Pipelines fills no default into a text
        service_account=service_account,
        network=network,
        project=project,
        location=location,
    )
    job.container_spec.args = [joined(argument) for argument in job.container_spec.args]
    found = vertex_result(
        planned=planned, gcp_resources=job.outputs["gcp_resources"], project=project, location=location
    )
    evidence = vertex_result(planned=planned, gcp_resources="", project=project, location=location)
    evidence.after(job).ignore_upstream_failure().set_display_name("evidence")
    for step in (job, found, evidence):
        step.set_caching_options(False)
    return Found(found.outputs["best_model"], found.outputs["trials"])


@dsl.pipeline(name="release", description="Promote, register and upload a model that passed.")
def release_if_passed(
    passed: bool,
    model: Input[Model],
    release: str,
    registry: str,
    model_name: str,
    author: str,
    serving_image: str,
    project: str,
    location: str,
) -> None:
    """Do what pipelines/promote_if_passed.py does, and upload the promoted model where an image serves it."""
    with dsl.If(passed == True, name="passed"):  # noqa: E712
        promoted = promote_and_register(model, release, registry, model_name, author)
        with dsl.If(serving_image != "", name="serving-image"):
            uploaded = upload_model(
                display_name=model_name,
                address=promoted.outputs["address"],
                serving_image=serving_image,
                project=project,
                location=location,
            )
            uploaded.set_caching_options(False)


@dsl.pipeline(name="tune-vertex", description="Tune a model on Google's Vertex AI and release the best.")
def tune_vertex(
    experiment: str,
    project: str,
    models: str,
    location: str = "us-central1",
    service_account: str = "",
    network: str = "",
    machine_type: str = "n1-standard-4",
    accelerator_type: str = "",
    source: str = "",
    options: dict = {},
    destination: str = "",
    image: str = TRAINING_IMAGE,
    overrides: dict = {},
    keep: int = 1,
    thresholds: dict = {},
    release: str = "",
    registry: str = "",
    model_name: str = "tuned-model",
    author: str = "",
    serving_image: str = "",
    prepare: str = "training.prepare:prepare",
    export: str = "training.export:export",
    evaluate: str = "training.evaluate:evaluate",
) -> None:
    """Prepare the data, tune a model on Vertex AI, take the best one, judge it, promote it.

    It runs on Vertex AI Pipelines, and on a Kubeflow Pipelines whose pods have Google's credentials and whose
    root, or the `destination` of the data, is in Google Cloud Storage.

    The operator is not retried: its launcher finds a job that it has started by a file of its own pod, which
    on Kubeflow Pipelines a second pod does not have, so it would start, and pay for, a second job.
    """
    data = prepare_data(source=source, options=options, destination=destination, function=prepare)
    study = vertex_study(
        experiment=experiment,
        models=models,
        image=image,
        dataset=data.outputs["dataset"],
        run_id=dsl.PIPELINE_JOB_ID_PLACEHOLDER,
        task_name=dsl.PIPELINE_TASK_NAME_PLACEHOLDER,
        overrides=overrides,
        machine_type=machine_type,
        accelerator_type=accelerator_type,
        release=release,
        serving_image=serving_image,
    )
    found = search(
        **study.outputs,
        project=project,
        location=location,
        service_account=service_account,
        network=network,
    )
    best = extract_best_model(
        best_model=found.outputs["best_model"], trials=found.outputs["trials"], keep=keep, function=export
    )
    best.set_caching_options(False)
    judgement = evaluate_model(
        model=best.outputs["model"],
        dataset=data.outputs["dataset"],
        thresholds=thresholds,
        function=evaluate,
    )
    release_if_passed(
        passed=judgement.outputs["passed"],
        model=best.outputs["model"],
        release=release,
        registry=registry,
        model_name=model_name,
        author=author,
        serving_image=serving_image,
        project=project,
        location=location,
    )
