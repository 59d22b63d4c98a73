# SPDX-License-Identifier: Apache-2.0
"""Manifests whose trials are no Job of the manifest itself: other kinds, and a template in a ConfigMap."""

from __future__ import annotations

from tests.experiment.manifests import ABSENT, Manifest, changed, pod, random


def config_map() -> Manifest:
    """A template in a ConfigMap, with the conditions for which Katib then has no defaults."""
    source = {
        "configMapName": "templates",
        "configMapNamespace": "user",
        "templatePath": "job.yaml",
    }
    return changed(
        random(),
        {
            "spec.trialTemplate.trialSpec": ABSENT,
            "spec.trialTemplate.configMap": source,
            "spec.trialTemplate.successCondition": 'status.conditions.#(type=="Complete")',
            "spec.trialTemplate.failureCondition": 'status.conditions.#(type=="Failed")',
        },
    )


def replicated(kind: str, field: str, *roles: str) -> Manifest:
    """A trial of one of the training operator's kinds."""
    manifest = random()
    args = manifest["spec"]["trialTemplate"]["trialSpec"]["spec"]["template"]["spec"]["containers"][0][
        "command"
    ]
    replicas = {role: {"replicas": 1, "template": pod(*args[2:])} for role in roles}
    trial = {"apiVersion": "kubeflow.org/v1", "kind": kind, "spec": {field: replicas}}
    return changed(manifest, {"spec.trialTemplate.trialSpec": trial})


def pytorch_job() -> Manifest:
    """A PyTorchJob with a master and a worker."""
    return replicated("PyTorchJob", "pytorchReplicaSpecs", "Master", "Worker")


def train_job() -> Manifest:
    """A TrainJob, which holds no pod template."""
    manifest = random()
    args = [f"--{name}=${{trialParameters.{name}}}" for name in ("lr", "units", "optimizer")]
    trainer = {"runtimeRef": {"name": "torch"}, "trainer": {"command": ["python3", "train.py"], "args": args}}
    trial = {"apiVersion": "trainer.kubeflow.org/v1alpha1", "kind": "TrainJob", "spec": trainer}
    return changed(
        manifest, {"spec.trialTemplate.trialSpec": trial, "spec.trialTemplate.primaryContainerName": "node"}
    )
