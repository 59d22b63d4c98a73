# SPDX-License-Identifier: Apache-2.0
"""A small Experiment that a cluster finishes in seconds, and the ways in which these tests change it."""

from __future__ import annotations

from kfp_katib.experiment.model import Manifest


def small(
    name: str, image: str, *, algorithm: str = "random", prints: str = "loss=${trialParameters.lr}"
) -> Manifest:
    """An Experiment whose trials sleep for two seconds and print one line.

    Katib fails a trial that ends before its collector looks for the process, hence the sleep; what the
    trial prints comes last, because only the last command's output is collected.
    """
    container = {
        "name": "training",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["sh", "-c", f"sleep 2 && {prints}"],
    }
    pod = {"restartPolicy": "Never", "containers": [container]}
    return {
        "apiVersion": "kubeflow.org/v1beta1",
        "kind": "Experiment",
        "metadata": {"name": name},
        "spec": {
            "objective": {"type": "minimize", "objectiveMetricName": "loss"},
            "algorithm": {"algorithmName": algorithm},
            "parallelTrialCount": 2,
            "maxTrialCount": 4,
            "maxFailedTrialCount": 2,
            "parameters": [
                {
                    "name": "lr",
                    "parameterType": "double",
                    "feasibleSpace": {"min": "0.01", "max": "0.1"},
                }
            ],
            "trialTemplate": {
                "primaryContainerName": "training",
                "trialParameters": [{"name": "lr", "reference": "lr"}],
                "trialSpec": {
                    "apiVersion": "batch/v1",
                    "kind": "Job",
                    "spec": {"backoffLimit": 0, "template": {"spec": pod}},
                },
            },
        },
    }
