# SPDX-License-Identifier: Apache-2.0
"""A small Experiment that a cluster finishes in seconds, and the ways in which these tests change it."""

from __future__ import annotations

import copy

from kfp_katib.experiment.model import Manifest
from tests.builders.manifest import double, experiment, job


def small(
    name: str, image: str, *, algorithm: str = "random", prints: str = "echo loss=${trialParameters.lr}"
) -> Manifest:
    """An Experiment whose trials sleep for four seconds and print one line.

    Katib fails a trial that ends before its collector looks for the process, hence the sleep; what the
    trial prints comes last, because only the last command's output is collected.
    """
    container = {
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["sh", "-c", f"sleep 4 && {prints}"],
    }
    return experiment(
        job(container),
        name=name,
        parameters=[double("lr", "0.01", "0.1")],
        algorithm={"algorithmName": algorithm},
        parallelTrialCount=2,
        maxTrialCount=4,
        maxFailedTrialCount=2,
    )


COLLECTORS: dict[str, Manifest] = {
    "StdOut": {"collector": {"kind": "StdOut"}},
    "TEXT": {
        "collector": {"kind": "File"},
        "source": {
            "fileSystemPath": {"path": "/metrics/log", "kind": "File", "format": "TEXT"},
            "filter": {"metricsFormat": ["(loss)=(.+)"]},
        },
    },
    "JSON": {
        "collector": {"kind": "File"},
        "source": {"fileSystemPath": {"path": "/metrics/log", "kind": "File", "format": "JSON"}},
    },
    "Custom": {
        "collector": {"kind": "Custom", "customCollector": {"name": "collector", "image": "collector:1"}},
        "source": {"fileSystemPath": {"path": "/metrics", "kind": "Directory"}},
    },
}


def rich(name: str, image: str, *, collector: str = "StdOut") -> Manifest:
    """An Experiment that uses most fields there are, for tests that change one of them."""
    manifest = small(name, image, prints="echo loss=${trialParameters.lr}")
    spec = manifest["spec"]
    spec["resumePolicy"] = "Never"
    spec["metricsCollectorSpec"] = copy.deepcopy(COLLECTORS[collector])
    spec["algorithm"]["algorithmSettings"] = [{"name": "random_state", "value": "1"}]
    spec["objective"] |= {
        "goal": 0.1,
        "additionalMetricNames": ["epoch"],
        "metricStrategies": [{"name": "loss", "value": "latest"}],
    }
    spec["parameters"] += [
        {"name": "layers", "parameterType": "int", "feasibleSpace": {"min": "1", "max": "8", "step": "1"}},
        {"name": "batch", "parameterType": "discrete", "feasibleSpace": {"list": ["32", "64"]}},
        {"name": "optimizer", "parameterType": "categorical", "feasibleSpace": {"list": ["adam", "sgd"]}},
    ]
    template = spec["trialTemplate"]
    template["retain"] = True
    template["trialParameters"] += [
        {"name": "depth", "reference": "layers", "description": "Layers of the network."},
        {"name": "batch", "reference": "batch"},
        {"name": "optimizer", "reference": "optimizer"},
        {"name": "trial", "reference": "${trialSpec.Name}"},
    ]
    template["trialSpec"]["spec"]["template"] = _rich_pod(template["trialSpec"]["spec"]["template"])
    return manifest


def _rich_pod(template: Manifest) -> Manifest:
    pod = template["spec"]
    pod["securityContext"] = {"runAsUser": 1000}
    pod["tolerations"] = [{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}]
    pod["volumes"] = [
        {"name": "memory", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}},
        {"name": "data", "persistentVolumeClaim": {"claimName": "data", "readOnly": True}},
    ]
    pod["containers"][0] |= {
        "args": ["${trialParameters.depth} ${trialParameters.batch} ${trialParameters.optimizer}"],
        "env": [
            {"name": "TRIAL", "value": "${trialParameters.trial}"},
            {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "storage", "key": "token"}}},
        ],
        "resources": {"limits": {"cpu": "1", "memory": "1Gi", "nvidia.com/gpu": 1}},
        "volumeMounts": [{"name": "data", "mountPath": "/data", "readOnly": True}],
    }
    return {"metadata": {"labels": {"sidecar.istio.io/inject": "false"}}, "spec": pod}
