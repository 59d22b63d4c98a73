# SPDX-License-Identifier: Apache-2.0
# mypy: ignore-errors
"""What people write with the Kubeflow SDK: submitted to a SERVER, if one is given, or printed."""

import json
import sys

from kubeflow.common.types import KubernetesBackendConfig
from kubeflow.optimizer import Objective, OptimizerClient, RandomSearch, Search, TrainJobTemplate, TrialConfig
from kubeflow.trainer import CustomTrainer, Runtime, RuntimeKind, RuntimeTrainer, TrainerType
from kubeflow.trainer.constants.constants import TORCH_COMMAND
from kubeflow_katib_api import models
from kubernetes import client


def train(lr, optimizer):
    """Train: print the loss."""
    print(f"loss={lr}")


def submit(server):
    """Let OptimizerClient make an Experiment of TrainJobs."""
    trainer = RuntimeTrainer(TrainerType.CUSTOM_TRAINER, "torch", "example.org/torch:1")
    trainer.set_command(TORCH_COMMAND)  # as the runtime that ships with Kubeflow Trainer
    settings = KubernetesBackendConfig(
        namespace="default", client_configuration=client.Configuration(host=server)
    )
    OptimizerClient(settings).optimize(
        TrainJobTemplate(
            CustomTrainer(train),
            runtime=Runtime("torch-distributed", trainer, RuntimeKind.CLUSTER_TRAINING_RUNTIME),
        ),
        trial_config=TrialConfig(num_trials=4, parallel_trials=2, max_failed_trials=1),
        search_space={"lr": Search.loguniform(0.001, 0.1), "optimizer": Search.choice(["adam", "sgd"])},
        objectives=[Objective("loss")],
        algorithm=RandomSearch(random_state=1),
    )


def show():
    """Print an Experiment of the SDK's search space and algorithm, whose trials are plain Jobs."""
    space = {
        "lr": Search.loguniform(0.001, 0.1),
        "momentum": Search.uniform(0.5, 0.9),
        "optimizer": Search.choice(["adam", "sgd"]),
    }
    for name, parameter in space.items():
        parameter.name = name
    line = "echo loss=${trialParameters.lr} ${trialParameters.momentum} ${trialParameters.optimizer}"
    container = {"name": "node", "image": "example.org/1", "command": ["sh", "-c", line]}
    pod = {"spec": {"restartPolicy": "Never", "containers": [container]}}
    experiment = models.V1beta1Experiment(
        apiVersion="kubeflow.org/v1beta1",
        kind="Experiment",
        metadata=models.IoK8sApimachineryPkgApisMetaV1ObjectMeta(name="optimized"),
        spec=models.V1beta1ExperimentSpec(
            objective=models.V1beta1ObjectiveSpec(type="minimize", objectiveMetricName="loss"),
            algorithm=RandomSearch(random_state=1)._to_katib_spec(),
            parameters=list(space.values()),
            maxTrialCount=3,
            parallelTrialCount=1,
            maxFailedTrialCount=1,
            trialTemplate=models.V1beta1TrialTemplate(
                primaryContainerName="node",
                trialParameters=[models.V1beta1TrialParameterSpec(name=n, reference=n) for n in space],
                trialSpec={
                    "apiVersion": "batch/v1",
                    "kind": "Job",
                    "spec": {"backoffLimit": 0, "template": pod},
                },
            ),
        ),
    )
    print(json.dumps(experiment.to_dict()))


if __name__ == "__main__":
    submit(sys.argv[1]) if sys.argv[1:] else show()
