# SPDX-License-Identifier: Apache-2.0
"""SIGTERM in a pipeline's pod: is the run over, or is the pod merely moved?

A terminated run and a drained node look alike to the process, and it lives for another 0.2 to 0.6 s. The
Workflow tells them apart: Kubeflow Pipelines terminates a run by setting its activeDeadlineSeconds to 0,
Argo by `shutdown`. Then the Experiment goes; in every other case it stays, for the pod that follows to
adopt, or for `clean_up`.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from types import FrameType
from typing import Any

from kfp_katib.engines.katib import read
from kfp_katib.engines.katib.connect import Cluster
from kfp_katib.engines.katib.kinds import EXPERIMENTS, PODS, WORKFLOWS
from kfp_katib.engines.katib.step import POD_VARIABLE, WORKFLOW_LABEL
from kfp_katib.errors import ClusterError


@contextmanager
def experiment_ends_with_run(cluster: Cluster, name: str, uid: str) -> Iterator[None]:
    """Delete the Experiment on SIGTERM if the pipeline run that this pod belongs to was terminated.

    Outside of a pipeline's pod, and outside of the main thread, nothing changes.
    """
    # A connection of its own: the signal may come while the other one is being used, and half locked. It
    # is open already when it is needed, by the request that finds the Workflow.
    with cluster.another() as line:
        home = line.at(line.home)
        workflow = own_workflow(home)
        if not workflow or threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.getsignal(signal.SIGTERM)

        def on_sigterm(number: int, frame: FrameType | None) -> None:
            # No print, no log: the pipe behind stdout is closed by now, and writing to it would raise.
            with suppress(ClusterError):
                if terminated(home.get(WORKFLOWS, workflow), home.now()):
                    line.delete(EXPERIMENTS, name, uid=uid)
            signal.signal(signal.SIGTERM, before)
            os.kill(os.getpid(), signal.SIGTERM)

        signal.signal(signal.SIGTERM, on_sigterm)
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, before)


def own_workflow(cluster: Cluster) -> str:
    """The Workflow that this process' pod belongs to, empty outside of a pipeline's pod.

    Args:
        cluster: With a view on the pod's own namespace, whatever the Experiment's is.
    """
    pod = os.environ.get(POD_VARIABLE, "")
    if not pod:
        return ""
    try:
        return str((cluster.get(PODS, pod)["metadata"].get("labels") or {}).get(WORKFLOW_LABEL, ""))
    except ClusterError:
        return ""  # no right to pods: clean_up is the net


def terminated(workflow: Mapping[str, Any], now: datetime) -> bool:
    """Whether somebody ended the run: shut down, or its deadline is 0 or has passed."""
    spec = workflow.get("spec") or {}
    if spec.get("shutdown"):
        return True
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is None:
        return False
    started = read.moment(read.status(workflow).get("startedAt"))
    return int(deadline) <= 0 or (started is not None and now >= started + timedelta(seconds=int(deadline)))
