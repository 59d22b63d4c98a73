# SPDX-License-Identifier: Apache-2.0
"""The search: one Katib Experiment, from its manifest to the best model.

The data are optional without their annotation saying so: a cluster hands artifacts over without their type,
which kfp then takes from the annotation, and `Optional` is none (tests/components/test_handed_over.py).
"""

from typing import NamedTuple

from kfp import dsl
from kfp.dsl import HTML, Dataset, Input, Markdown, Metrics, Model, Output

from ._image import RUNTIME_IMAGE


@dsl.component(base_image=RUNTIME_IMAGE, install_kfp_package=False)
def launch_katib(
    experiment: str,
    best_model: Output[Model],
    trials: Output[Dataset],
    metrics: Output[Metrics],
    summary: Output[Markdown],
    report: Output[HTML],
    engine: str = "katib",
    dataset: Input[Dataset] = None,
    dataset_uri: str = "",
    models: str = "",
    image: str = "",
    run_id: str = "",
    task_name: str = "",
    namespace: str = "",
    trial_pod: dict = {},
    s3_endpoint: str = "",
    timeout_seconds: int = 86400,
    stall_timeout_seconds: int = 1800,
    on_timeout: str = "fail",
    overrides: dict = {},
    experiment_cleanup: str = "keep",
) -> NamedTuple(
    "Best",
    [
        ("best_hyperparameters", dict),
        ("best_parameters", str),
        ("best_value", float),
        ("best_trial", str),
        ("experiment_name", str),
    ],
):
    """Run a Katib Experiment and hand on its best model.

    Args:
        experiment: The Experiment's manifest, YAML or JSON, as one would paste it into Katib's dashboard;
            at most 100 kB. It may hold ${pipeline.dataset}, ${pipeline.models}, ${pipeline.experiment},
            ${pipeline.run_id} and ${pipeline.image}.
        best_model: The verified files of the best trial. Metadata: experiment, models, trial, metric, value,
            parameters (JSON), epoch, image, manifest_sha256, and model: `collected`, or `none` where the
            trials write none.
        trials: One row a trial, as CSV.
        metrics: The best trial's metrics, and how many trials ended in which state.
        summary: The answer on one screen.
        report: The whole search on one page that needs no network.
        engine: Who runs the trials: `katib` in the cluster, `local` in this very step.
        dataset: The data of the trials. They get its address, or with engine `local` its copy on this step's
            disk. Kubeflow Pipelines makes that copy in any case: name large data by dataset_uri.
        dataset_uri: The same as a plain address, for data that no step of the pipeline prepared.
        models: Where the trials write their models: a mounted folder, s3:// or gs://, reached by the
            trials and by the pipeline alike.
        image: What ${pipeline.image} stands for.
        run_id: The run that this step belongs to, dsl.PIPELINE_JOB_ID_PLACEHOLDER; empty means the one that
            is written on this step's own pod.
        task_name: This step's own name in the run, dsl.PIPELINE_TASK_NAME_PLACEHOLDER; empty likewise. The
            pod adds the step's way through the pipeline, with the pass of each loop.
        namespace: Where the Experiment runs; empty means the manifest's, else the namespace of this step.
        trial_pod: What this installation adds to the trials' pods, by Kubernetes' own names: labels, env,
            volumes, volumeMounts, tolerations, imagePullSecrets and their like.
        s3_endpoint: The address of the S3 service for the trials; empty means the one that the dataset's
            own store names.
        timeout_seconds: How long the Experiment may take, counted from its creation in a cluster.
        stall_timeout_seconds: How long Katib may stay without any progress before the step gives up.
        on_timeout: `fail`, or `best_so_far` to go on with the best trial that the time was enough for.
        overrides: Changes to the manifest: `algorithm`, `max_trials`, `parallel_trials`.
        experiment_cleanup: What becomes of the Experiment at the end: `keep`, `delete_on_success` or
            `delete_always`.

    Returns:
        The trial whose model is delivered: its hyperparameters, the same as JSON (Kubeflow makes floats of
        the dictionary's whole numbers), the objective's value, its name, and the name under which the
        Experiment ran.
    """
    from kfp_katib.steps.launch_katib import Files, Identity, Limits, RunContext, launch

    outcome = launch(
        experiment,
        Files(best_model.path, trials.path, summary.path, report.path),
        RunContext(dataset_uri or dataset, models, image, trial_pod=trial_pod, s3_endpoint=s3_endpoint),
        engine=engine,
        identity=Identity(run_id, task_name, namespace),
        limits=Limits(timeout_seconds, stall_timeout_seconds, on_timeout),
        overrides=overrides,
        cleanup=experiment_cleanup,
    )
    best_model.metadata.update(outcome.metadata)
    metrics.metadata.update(outcome.metrics)
    return outcome.best
