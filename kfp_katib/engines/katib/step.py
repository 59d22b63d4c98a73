# SPDX-License-Identifier: Apache-2.0
"""Which run and which step of it this process is, read from what Kubeflow Pipelines wrote on its pod."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from kfp_katib.engines.katib.connect import connect
from kfp_katib.engines.katib.kinds import PODS
from kfp_katib.errors import ClusterError, InputError

POD_VARIABLE = "KFP_POD_NAME"
WORKFLOW_LABEL = "workflows.argoproj.io/workflow"

_RUN_LABEL = "pipeline/runid"
_NODE_ANNOTATION = "workflows.argoproj.io/node-name"
_ATTEMPT = re.compile(r"\(\d+\)")


def own_step() -> tuple[str, str]:
    """The run's id and the step's name; both are empty outside of a pipeline's pod.

    Raises:
        InputError: This is such a pod, and it may not be read, or does not tell the step.
        ClusterError: The API server does not answer.
    """
    name = os.environ.get(POD_VARIABLE, "")
    if not name:
        return "", ""
    try:
        with connect(own_pod=True) as cluster:
            run_id, step = step_of(cluster.get(PODS, name, only_metadata=True))
    except ClusterError as error:
        if error.status not in (401, 403, 404):
            raise  # no answer: that is no lack of a right
        raise InputError(_unknown(name, f"it cannot be read: {error}")) from error
    if not step:
        raise InputError(_unknown(name, f"it has no annotation {_NODE_ANNOTATION}"))
    return run_id, step


def _unknown(pod: str, why: str) -> str:
    return (
        f"This step's pod '{pod}' does not tell which step it is, and which pass of a loop: {why}. Two of "
        "them would share one Experiment. Grant the step's service account `get` on pods in its namespace, "
        "as deploy/rbac.yaml does."
    )


def step_of(pod: Mapping[str, Any]) -> tuple[str, str]:
    """Run and step of a pod; what is not written on it is empty.

    Argo names a node by its way through the pipeline:
    `WORKFLOW(0).root(0).exit-handler-1(0).tune(0).executor(1)` is the step `exit-handler-1.tune`.
    A single number counts attempts, which are one step; `(2:x)` is the pass
    of a loop, each of which is a step of its own.
    """
    metadata = pod["metadata"]
    labels = metadata.get("labels") or {}
    node = _ATTEMPT.sub("", (metadata.get("annotations") or {}).get(_NODE_ANNOTATION, ""))
    path = node.removeprefix(labels.get(WORKFLOW_LABEL, "")).removeprefix(".root").removesuffix(".executor")
    return labels.get(_RUN_LABEL, ""), path.strip(".")
