# SPDX-License-Identifier: Apache-2.0
"""A manifest as a study of Google's Vertex AI: what its own HyperparameterTuningJobRunOp is started with.

The data are optional without their annotation saying so, as in launch_katib.
"""

from typing import NamedTuple

from kfp import dsl
from kfp.dsl import Dataset, Input

from ._image import RUNTIME_IMAGE


@dsl.component(base_image=RUNTIME_IMAGE, install_kfp_package=False)
def vertex_study(
    experiment: str,
    models: str,
    image: str = "",
    dataset: Input[Dataset] = None,
    dataset_uri: str = "",
    run_id: str = "",
    task_name: str = "",
    overrides: dict = {},
    machine_type: str = "n1-standard-4",
    accelerator_type: str = "",
    release: str = "",
    serving_image: str = "",
) -> NamedTuple(
    "Study",
    [
        ("planned", str),
        ("display_name", str),
        ("study_spec_metrics", list),
        ("study_spec_parameters", list),
        ("worker_pool_specs", list),
        ("study_spec_algorithm", str),
        ("study_spec_measurement_selection_type", str),
        ("max_trial_count", int),
        ("parallel_trial_count", int),
        ("max_failed_trial_count", int),
        ("base_output_directory", str),
    ],
):
    """Turn a Katib Experiment into a hyperparameter tuning job of Vertex AI, and start nothing.

    What Vertex AI cannot run is refused, all of it at once; what it does otherwise than Katib is logged, and
    told in vertex_result's summary.

    Args:
        experiment: The Experiment's manifest, YAML or JSON, as for launch_katib. Each trial runs
            `python3 -P -m kfp_katib.vertex.trial` in the image of its primary container, which starts the
            manifest's own command: the image must hold kfp_katib.
        models: Where the trials write their models, gs://bucket/folder. In the manifest ${pipeline.models}
            stands for the same folder as a trial sees it, /gcs/bucket/folder.
        image: What ${pipeline.image} stands for.
        dataset: The data of the trials, in Google Cloud Storage; ${pipeline.dataset} stands for their path
            below /gcs. Kubeflow Pipelines copies them to this step in any case: name large data by
            dataset_uri.
        dataset_uri: The same as a plain gs:// address, for data that no step of the pipeline prepared.
        run_id: The run that this step belongs to, dsl.PIPELINE_JOB_ID_PLACEHOLDER. It is part of the
            tuning job's name and of its folder.
        task_name: This step's own name in the run, dsl.PIPELINE_TASK_NAME_PLACEHOLDER; in a loop over one
            manifest, a text that differs in each pass.
        overrides: Changes to the manifest: `algorithm`, `max_trials`, `parallel_trials`.
        machine_type: The Compute Engine machine of each trial.
        accelerator_type: The accelerator of a trial whose manifest asks for nvidia.com/gpu, such as
            NVIDIA_TESLA_T4; empty where it asks for none.
        release: Where the pipeline promotes the model to. It is only looked at, before anything is paid for,
            where there is a serving_image.
        serving_image: The image that the pipeline will serve the model with, from Vertex AI's own registry,
            which keeps an address at gs:// alone; empty where it will not.

    Returns:
        What vertex_result needs of the plan, as JSON; then the inputs of HyperparameterTuningJobRunOp, each
        under the operator's own name for it.
    """
    from kfp_katib.steps.vertex_study import Identity, Machine, RunContext, check_serving, vertex_study

    check_serving(serving_image, release)
    return vertex_study(
        experiment,
        RunContext(dataset_uri or dataset, models, image),
        identity=Identity(run_id, task_name),
        machine=Machine(machine_type, accelerator_type),
        overrides=overrides,
    )
