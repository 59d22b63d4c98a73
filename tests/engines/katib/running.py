# SPDX-License-Identifier: Apache-2.0
"""The engine's functions as the tests call them: whose search it is in words of its own."""

from __future__ import annotations

from typing import Unpack

from kfp_katib.engines import katib
from kfp_katib.engines.options import Identity, Options, RunOptions
from kfp_katib.experiment import Experiment
from kfp_katib.results import Result


def run(
    experiment: Experiment,
    *,
    namespace: str = "",
    run_id: str = "",
    task_name: str = "",
    **options: Unpack[Options],
) -> Result:
    """Run an Experiment on a Katib."""
    options["identity"] = Identity(run_id, task_name, namespace)
    return katib.run(experiment, RunOptions(**options))


def watch(name: str, *, namespace: str = "", **options: Unpack[Options]) -> Result:
    """Follow an Experiment."""
    options["identity"] = Identity(namespace=namespace)
    return katib.watch(name, RunOptions(**options))


def cancel(name: str, *, namespace: str = "", wait_seconds: float = 60.0) -> None:
    """End an Experiment."""
    katib.cancel(name, RunOptions(identity=Identity(namespace=namespace)), wait_seconds=wait_seconds)
