# SPDX-License-Identifier: Apache-2.0
"""Tune a model on Google's Vertex AI: the manifest of pipelines/tune.py, Google's own operator for the search.

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
    promote,
    vertex_result,
    vertex_study,
)

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
):
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
    return dsl.ContainerSpec(
        image=GOOGLES_IMAGE,
        command=[
            "python3",
            "-u",
            "-m",
            "google_cloud_pipeline_components.container.v1.model.upload_model.launcher",
        ],
        args=[
            "--type",
            "UploadModel",
            "--payload",
            payload,
            "--project",
            project,
            "--location",
            location,
            "--gcp_resources",
            gcp_resources,
            "--executor_input",
            "{{$}}",
        ],
    )


Found = NamedTuple("Found", [("best_model", Model), ("trials", Dataset)])


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

    A pipeline of its own, since a step that runs after a failure belongs to every step of its pipeline that
    it needs anything of: Kubeflow Pipelines would start it after vertex_study as well.
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
