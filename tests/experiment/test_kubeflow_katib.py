# SPDX-License-Identifier: Apache-2.0
"""`load` takes the objects of the kubeflow-katib SDK and of kubeflow-katib-api as they are.

The SDK goes with no kfp that runs locally, so its objects are made in an environment of their own.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from kfp_katib.experiment import load
from tests.builders.manifest import changed
from tests.builders.valid import random
from tests.places import ROOT
from tests.support.environments import environment

_SDK = """
import json, sys
from kubeflow import katib
from kubernetes import client
from kfp_katib import check, load

def parameter(name, kind, **space):
    return katib.V1beta1ParameterSpec(
        name=name, parameter_type=kind, feasible_space=katib.V1beta1FeasibleSpace(**space)
    )

def trial_parameter(name):
    return katib.V1beta1TrialParameterSpec(name=name, reference=name)

command = ["python3", "train.py", "--lr=${trialParameters.lr}", "--units=${trialParameters.units}"]
container = client.V1Container(name="training", image="example.org/training:1", command=command)
pod = client.V1PodTemplateSpec(
    metadata=client.V1ObjectMeta(labels={"sidecar.istio.io/inject": "false"}),
    spec=client.V1PodSpec(restart_policy="Never", containers=[container]),
)
job = client.V1Job(
    api_version="batch/v1", kind="Job", spec=client.V1JobSpec(backoff_limit=0, template=pod)
)
experiment = katib.V1beta1Experiment(
    api_version="kubeflow.org/v1beta1",
    kind="Experiment",
    metadata=client.V1ObjectMeta(name="my-search"),
    spec=katib.V1beta1ExperimentSpec(
        parallel_trial_count=2,
        max_trial_count=8,
        max_failed_trial_count=3,
        objective=katib.V1beta1ObjectiveSpec(type="minimize", objective_metric_name="loss", goal=0.05),
        algorithm=katib.V1beta1AlgorithmSpec(algorithm_name="random"),
        parameters=[
            parameter("lr", "double", min="0.001", max="0.1"),
            parameter("units", "int", min="16", max="64", step="16"),
        ],
        trial_template=katib.V1beta1TrialTemplate(
            primary_container_name="training",
            trial_parameters=[trial_parameter("lr"), trial_parameter("units")],
            trial_spec=job,
        ),
    ),
)
print(json.dumps({"json": load(experiment).manifest_json, "problems": len(check(experiment))}))
"""


@pytest.fixture(scope="module")
def python() -> Path:
    """The interpreter of an environment with kubeflow-katib."""
    return environment("katib") / "bin" / "python"


@pytest.mark.timeout(300)
def test_an_experiment_of_the_sdk(python: Path) -> None:
    """With a Job of the kubernetes client in it; unset fields are absent, names are the API's."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [str(python), "-c", _SDK], env=environment, capture_output=True, text=True, check=True
    )
    answer = json.loads(done.stdout.splitlines()[-1])
    manifest = random()
    spec = manifest["spec"]
    del (
        spec["parameters"][2],
        spec["trialTemplate"]["trialParameters"][2],
        spec["algorithm"]["algorithmSettings"],
    )
    del spec["parameters"][0]["feasibleSpace"]["distribution"], spec["objective"]["additionalMetricNames"]
    spec["trialTemplate"]["trialSpec"]["spec"]["template"]["spec"]["containers"][0]["command"].pop()
    changed(manifest, {"metadata": {"name": "my-search"}})
    assert answer == {"json": load(manifest).manifest_json, "problems": 0}


def test_an_experiment_of_the_typed_models() -> None:
    """kubeflow-katib-api's own, which pydantic checks."""
    from kubeflow_katib_api.models import V1beta1Experiment  # type: ignore[import-untyped]

    manifest = random()
    typed = V1beta1Experiment.from_dict(manifest)
    assert load(typed).manifest == manifest
