# SPDX-License-Identifier: Apache-2.0
"""The end of a search on Vertex AI: from its hyperparameter tuning job to launch_katib's outputs."""

from typing import NamedTuple

from kfp import dsl
from kfp.dsl import HTML, Dataset, Markdown, Metrics, Model, Output

from ._image import RUNTIME_IMAGE


@dsl.component(base_image=RUNTIME_IMAGE, install_kfp_package=False)
def vertex_result(
    planned: str,
    best_model: Output[Model],
    trials: Output[Dataset],
    metrics: Output[Metrics],
    summary: Output[Markdown],
    report: Output[HTML],
    gcp_resources: str = "",
    project: str = "",
    location: str = "us-central1",
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
    """Read what a hyperparameter tuning job on Vertex AI found, and hand on its best model.

    A job that failed or was cancelled fails this step, after its trials, summary and report are written.

    Args:
        planned: What vertex_study planned.
        best_model: The verified files of the best trial. Metadata: experiment, models, trial, metric, value,
            parameters (JSON), epoch, image, manifest_sha256, and model: `collected`, or `none` where the
            trials write none.
        trials: One row a trial, as CSV.
        metrics: The best trial's metrics, and how many trials ended in which state.
        summary: The answer on one screen.
        report: The whole search on one page that needs no network.
        gcp_resources: Google's own output of that name, which says which job it was. Empty means: look for
            the job by the Experiment's name, which is how a failed job is found.
        project: The Google Cloud project to look in; used where gcp_resources is empty.
        location: The region to look in; used where gcp_resources is empty.

    Returns:
        The trial whose model is delivered: its hyperparameters, the same as JSON (Kubeflow makes floats of
        the dictionary's whole numbers), the objective's value, its name, and the name under which the
        Experiment ran.
    """
    from kfp_katib.steps.vertex_result import Files, Job, deliver

    files = Files(best_model.path, trials.path, summary.path, report.path)
    outcome = deliver(planned, Job(gcp_resources, project, location), files)
    best_model.metadata.update(outcome.metadata)
    metrics.metadata.update(outcome.metrics)
    return outcome.best
