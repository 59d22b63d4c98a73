# SPDX-License-Identifier: Apache-2.0
"""Whose an Experiment in the cluster is, told by labels.

A pod that is started again finds the search of its predecessor by the name, which the launcher derives from
run, step and manifest. The labels tell that very search from one that merely has its name.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from kfp_katib.experiment import Experiment
from kfp_katib.experiment.model import Manifest
from kfp_katib.labels import RUN, TASK

HASH_LABEL = "kfp-katib/spec-hash"
MANAGER_LABEL = "app.kubernetes.io/managed-by"
MANAGER = "kfp-katib"

_LABEL_VALUE = re.compile(r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")


def labels(experiment: Experiment, *, run_id: str = "", task_name: str = "") -> dict[str, str]:
    """The labels of an Experiment that is ready to be submitted; Katib copies them to trials and pods.

    Run and step may also stand in the manifest's own labels, where a launcher has put them.
    """
    own = experiment.manifest["metadata"].get("labels") or {}
    return {
        MANAGER_LABEL: MANAGER,
        RUN: label_value(run_id or str(own.get(RUN, ""))),
        TASK: label_value(task_name or str(own.get(TASK, ""))),
        HASH_LABEL: _digest(experiment.manifest_json),
    }


def labelled(experiment: Experiment, namespace: str, wanted: Mapping[str, str]) -> Manifest:
    """The manifest to submit: the experiment's own, with namespace and labels."""
    manifest = experiment.manifest
    metadata = manifest.setdefault("metadata", {})
    metadata["namespace"] = namespace
    metadata["labels"] = {**(metadata.get("labels") or {}), **wanted}
    return manifest


def as_written(stored: Mapping[str, Any]) -> Manifest:
    """A stored Experiment as its author wrote it: without what the cluster has added to its metadata."""
    metadata = {key: stored["metadata"][key] for key in ("name", "namespace")}
    return {
        "apiVersion": stored["apiVersion"],
        "kind": stored["kind"],
        "metadata": metadata,
        "spec": stored["spec"],
    }


def run_selector(run_id: str) -> str:
    """The label selector of every Experiment that one pipeline run started."""
    return f"{MANAGER_LABEL}={MANAGER},{RUN}={label_value(run_id)}"


def label_value(text: str) -> str:
    """The text where Kubernetes takes it as a label's value, else what is left of it and a digest."""
    if _LABEL_VALUE.fullmatch(text):
        return text
    kept = re.sub(r"[^A-Za-z0-9]+", "-", text)[:48].strip("-")
    return f"{kept}-{_digest(text)}".lstrip("-")


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]
