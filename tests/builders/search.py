# SPDX-License-Identifier: Apache-2.0
"""Searches that run a line of shell, as the local engine can: a manifest, changed where a test needs it."""

from __future__ import annotations

from typing import Any

from kfp_katib.experiment import Experiment, load
from kfp_katib.experiment.model import Manifest
from tests.builders.manifest import experiment, grid, job


def manifest(
    script: str, *, container: dict[str, Any] | None = None, name: str = "tune", **spec: Any
) -> Manifest:
    """A grid search over lr (0.1, 0.2 ... 0.9) whose trials run `sh -c SCRIPT`, one at a time, three in all.

    Args:
        script: Shell; `${trialParameters.lr}` and `${trialParameters.trial}` are there to be used.
        container: Fields of the container to set beside or instead of the usual ones; None takes one away.
        name: The Experiment's name.
        spec: Fields of `spec` to set beside or instead of the usual ones; None takes a field away.
    """
    own = {"image": "none", "command": ["sh", "-c", script]} | (container or {})
    return experiment(
        job({key: value for key, value in own.items() if value is not None}),
        name=name,
        **({"parameters": [grid("0.1", "0.9", "0.1")], "algorithm": {"algorithmName": "grid"}} | spec),
    )


def search(script: str, **changes: Any) -> Experiment:
    """That manifest as an Experiment."""
    return load(manifest(script, **changes))


def collector(kind: str, path: str = "", **more: Any) -> dict[str, Any]:
    """A metricsCollectorSpec."""
    where = {"path": path, "kind": "Directory" if kind == "TensorFlowEvent" else "File", **more}
    filters = {"filter": {"metricsFormat": where.pop("filters")}} if "filters" in where else {}
    return {"collector": {"kind": kind}, "source": {"fileSystemPath": where, **filters}}


PRINT = "echo loss=${trialParameters.lr}"
"""A trial that ends at once, with its parameter as its loss."""
