# SPDX-License-Identifier: Apache-2.0
# mypy: ignore-errors
"""An Experiment of Katib's own classes, loaded, rendered and run where they and kfp 2.13 are."""

import json
from importlib.metadata import version

import kfp
from kubeflow import katib
from kubernetes import client

from kfp_katib import load, render, run


def parameter(name, space):
    """A parameter of one of `katib.search`'s spaces."""
    space.name = name
    return space


job = client.V1Job(
    api_version="batch/v1",
    kind="Job",
    spec=client.V1JobSpec(
        backoff_limit=0,
        template=client.V1PodTemplateSpec(
            spec=client.V1PodSpec(
                restart_policy="Never",
                containers=[
                    client.V1Container(
                        name="training",
                        image="${pipeline.image}",
                        command=["sh", "-c"],
                        args=["echo loss=${trialParameters.lr}${trialParameters.units}"],
                    )
                ],
            )
        ),
    ),
)
experiment = katib.V1beta1Experiment(
    api_version="kubeflow.org/v1beta1",
    kind="Experiment",
    metadata=client.V1ObjectMeta(name="typed"),
    spec=katib.V1beta1ExperimentSpec(
        objective=katib.V1beta1ObjectiveSpec(type="minimize", objective_metric_name="loss"),
        algorithm=katib.V1beta1AlgorithmSpec(algorithm_name="random"),
        parallel_trial_count=2,
        max_trial_count=3,
        max_failed_trial_count=1,
        parameters=[
            parameter("lr", katib.search.double(min=0.1, max=0.3, step=0.1)),
            parameter("units", katib.search.int(min=1, max=4)),
        ],
        trial_template=katib.V1beta1TrialTemplate(
            primary_container_name="training",
            trial_parameters=[
                katib.V1beta1TrialParameterSpec(name=name, reference=name) for name in ("lr", "units")
            ],
            trial_spec=job,
        ),
    ),
)
result = run(render(load(experiment), image="example.org/training:1"), engine="local", timeout_seconds=60)
versions = [kfp.__version__, version("kubeflow-katib")]
print(json.dumps({"versions": versions, "state": result.state, "trials": len(result.trials)}))
print(json.dumps([dict(result.best.parameters), result.best.metrics["loss"].latest]))
