# SPDX-License-Identifier: Apache-2.0
"""Whose an Experiment in the cluster is, told by labels.

A pod that is started again finds the search of its predecessor by the name, which the launcher derives from
run, step and manifest. The labels tell that very search from one that merely has its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kfp_katib.engines.katib.kinds import EXPERIMENTS
from kfp_katib.experiment import Experiment
from kfp_katib.experiment.labels import OURS, RUN, TASK, digest, label_value, marked
from kfp_katib.experiment.model import Manifest

HASH_LABEL = f"{OURS}spec-hash"
MANAGER_LABEL = "app.kubernetes.io/managed-by"
MANAGER = "kfp-katib"


def texts(experiment: Experiment, *, run_id: str = "", task_name: str = "") -> dict[str, str]:
    """What the labels of an Experiment that is ready to be submitted say; Katib copies them to its trials."""
    return {
        MANAGER_LABEL: MANAGER,
        RUN: run_id,
        TASK: task_name,
        HASH_LABEL: digest(experiment.manifest_json),
    }


def labelled(experiment: Experiment, namespace: str, wanted: Mapping[str, str]) -> Manifest:
    """The manifest to submit: the experiment's own, with namespace and labels."""
    manifest = experiment.manifest
    manifest["metadata"] = {**marked(manifest["metadata"], wanted), "namespace": namespace}
    return manifest


def as_written(stored: Mapping[str, Any]) -> Manifest:
    """A stored Experiment as its author wrote it: without what the cluster has added to its metadata."""
    metadata = {key: stored["metadata"][key] for key in ("name", "namespace") if key in stored["metadata"]}
    return {
        "apiVersion": f"{EXPERIMENTS.group}/{EXPERIMENTS.version}",
        "kind": "Experiment",
        "metadata": metadata,
        "spec": stored.get("spec") or {},
    }


def run_selector(run_id: str) -> str:
    """The label selector of every Experiment that one pipeline run started."""
    return f"{MANAGER_LABEL}={MANAGER},{RUN}={label_value(run_id)}"
