# SPDX-License-Identifier: Apache-2.0
"""This process's own pod: which run and step of a pipeline it is, and what a SIGTERM to it means.

A terminated run and a drained node look alike to the process, and it lives for another 0.2 to 0.6 s. The
Workflow tells them apart: Kubeflow Pipelines terminates a run by setting its activeDeadlineSeconds to 0,
Argo by `shutdown`. Then the Experiment is deleted; in every other case it stays, for the next pod to
adopt, or for `clean_up`.
"""

from __future__ import annotations

import os
import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from types import FrameType

from kfp_katib.engines.katib.api import resources
from kfp_katib.engines.katib.api.client import Cluster, connect
from kfp_katib.engines.katib.api.resources import EXPERIMENTS, PODS, WORKFLOWS, Object
from kfp_katib.errors import ClusterError, InputError

_POD_VARIABLE = "KFP_POD_NAME"
_WORKFLOW_LABEL = "workflows.argoproj.io/workflow"
_RUN_LABEL = "pipeline/runid"
_NODE_ANNOTATION = "workflows.argoproj.io/node-name"
_ATTEMPT = re.compile(r"\(\d+\)")


def own_step() -> tuple[str, str]:
    """The run's id and the step's name; both are empty outside of a pipeline's pod.

    Raises:
        InputError: This is such a pod, but we may not read it, or it does not name the step.
        ClusterError: The API server does not answer.
    """
    name = os.environ.get(_POD_VARIABLE, "")
    if not name:
        return "", ""
    try:
        with connect(own_pod=True) as cluster:
            run_id, step = step_of(cluster.get(PODS, name, only_metadata=True))
    except ClusterError as error:
        if error.status not in (401, 403, 404):
            raise  # no answer is not a missing right
        raise InputError(_unknown(name, f"it cannot be read: {error}")) from error
    if not step:
        raise InputError(_unknown(name, f"it has no annotation {_NODE_ANNOTATION}"))
    return run_id, step


def _unknown(pod: str, why: str) -> str:
    return (
        f"This step's pod '{pod}' does not tell which step and which pass of a loop it is: {why}. Two steps "
        "would then share one Experiment. Grant the step's service account `get` on pods in its namespace, "
        "as deploy/rbac does."
    )


def step_of(pod: Object) -> tuple[str, str]:
    """The run and step of a pod; empty where the pod does not say.

    Argo names a node by its path through the pipeline:
    `WORKFLOW(0).root(0).exit-handler-1(0).tune(0).executor(1)` is the step `exit-handler-1.tune`.
    A single number counts attempts, which are one step; `(2:x)` is the pass
    of a loop, each of which is a step of its own.
    """
    metadata = pod["metadata"]
    labels = metadata.get("labels") or {}
    node = _ATTEMPT.sub("", (metadata.get("annotations") or {}).get(_NODE_ANNOTATION, ""))
    path = node.removeprefix(labels.get(_WORKFLOW_LABEL, "")).removeprefix(".root").removesuffix(".executor")
    return labels.get(_RUN_LABEL, ""), path.strip(".")


@contextmanager
def experiment_ends_with_run(cluster: Cluster, name: str, uid: str) -> Iterator[None]:
    """Delete the Experiment on SIGTERM if the pipeline run that this pod belongs to was terminated.

    Outside of a pipeline's pod, and outside of the main thread, nothing changes.
    """
    # A connection of its own: the signal may come while the other one is in use and locked. The request
    # that finds the Workflow opens it before it is needed.
    with cluster.another() as connection:
        home = connection.at(connection.home)  # where this pod is, whatever the Experiment's namespace
        workflow = _own_workflow(home)
        if not workflow or threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.getsignal(signal.SIGTERM)

        def on_sigterm(number: int, frame: FrameType | None) -> None:
            # No print, no log: the pipe behind stdout is closed by now, and writing to it would raise.
            with suppress(ClusterError):
                if terminated(home.get(WORKFLOWS, workflow), home.now()):
                    connection.delete(EXPERIMENTS, name, uid=uid)
            signal.signal(signal.SIGTERM, before)
            os.kill(os.getpid(), signal.SIGTERM)

        signal.signal(signal.SIGTERM, on_sigterm)
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, before)


def _own_workflow(cluster: Cluster) -> str:
    """The Workflow that this process's pod belongs to, empty outside of a pipeline's pod."""
    pod = os.environ.get(_POD_VARIABLE, "")
    if not pod:
        return ""
    try:
        return str((cluster.get(PODS, pod)["metadata"].get("labels") or {}).get(_WORKFLOW_LABEL, ""))
    except ClusterError:
        return ""  # no right to read pods: clean_up is the fallback


def terminated(workflow: Object, now: datetime) -> bool:
    """Whether somebody ended the run: shut down, or its deadline is 0 or has passed."""
    spec = workflow.get("spec") or {}
    if spec.get("shutdown"):
        return True
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is None:
        return False
    started = resources.moment(resources.status(workflow).get("startedAt"))
    return int(deadline) <= 0 or (started is not None and now >= started + timedelta(seconds=int(deadline)))
