# SPDX-License-Identifier: Apache-2.0
"""The ways to wait for an Experiment, each a program that prints the time at which it knew everything.

The peers' programs are text, because each runs in its own environment, without our packages.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.cluster.trainjobs import stand_in

_OURS = """
import json, sys, time
from tests.engines.katib.running import run
from kfp_katib.experiment import load
name, namespace, manifest = sys.argv[1:4]
result = run(load(json.loads(manifest)), namespace=namespace)
print(time.time())
assert result.succeeded and all(trial.completed for trial in result.trials)
"""
_KATIB_CLIENT = """
import sys, time
from kubeflow.katib import KatibClient
name, namespace, _, interval = sys.argv[1:]
client = KatibClient(namespace=namespace)
client.wait_for_experiment_condition(
    name, namespace, expected_condition="Succeeded", timeout=900, polling_interval=int(interval)
)
client.get_optimal_hyperparameters(name, namespace)
client.list_trials(name, namespace)
print(time.time())
"""
_OPTIMIZER_CLIENT = """
import sys, time
from kubeflow.common.types import KubernetesBackendConfig
from kubeflow.optimizer import OptimizerClient
name, namespace, _, interval = sys.argv[1:]
client = OptimizerClient(KubernetesBackendConfig(namespace=namespace))
client.wait_for_job_status(name, timeout=900, polling_interval=int(interval))  # brings the trials, too
client.get_best_results(name)
print(time.time())
"""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to wait.

    Attributes:
        python: The interpreter that has what it needs.
        program: Takes the Experiment's name, namespace and manifest, and the interval if it polls.
        seconds: That interval.
        instead: What the proxy answers in place of the API server.
    """

    python: str
    program: str
    seconds: str = ""
    instead: Callable[[str], dict[str, Any] | None] = lambda path: None

    def command(self, name: str, namespace: str, manifest: str) -> list[str]:
        """The process to start."""
        interval = [self.seconds] if self.seconds else []
        return [self.python, "-c", self.program, name, namespace, manifest, *interval]


OURS = Way(sys.executable, _OURS)


def peers(katib_client: str, optimizer_client: str) -> dict[str, Way]:
    """Both clients with their own intervals, and Katib's with one second too.

    Args:
        katib_client: A Python with kubeflow-katib 0.19 and kubernetes 30; with 37 it cannot read Experiments.
        optimizer_client: A Python with kubeflow 0.5.
    """
    return {
        "KatibClient, every 15 s": Way(katib_client, _KATIB_CLIENT, "15"),
        "KatibClient, every second": Way(katib_client, _KATIB_CLIENT, "1"),
        "OptimizerClient, every 2 s": Way(optimizer_client, _OPTIMIZER_CLIENT, "2", stand_in),
    }
