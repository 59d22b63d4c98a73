# SPDX-License-Identifier: Apache-2.0
"""A trial's metrics as Katib's collectors and controller would have them, to the letter."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kfp_katib.experiment.model import Collector
from kfp_katib.local.metrics.aggregate import aggregate
from kfp_katib.local.metrics.lines import read_json, read_text
from kfp_katib.local.metrics.observation import CollectorError, Observation
from kfp_katib.local.metrics.tfevents import read_events
from kfp_katib.results import Metric

__all__ = ["CollectorError", "collect"]


def collect(collector: Collector, metrics: Sequence[str], path: Path) -> dict[str, Metric]:
    """Read what one trial reported.

    Args:
        collector: The Experiment's collector: StdOut, File or TensorFlowEvent.
        metrics: Names of the metrics, the objective first.
        path: The file, or for TensorFlowEvent the folder, that the trial wrote.

    Returns:
        Each metric's min, max and latest; all `unavailable` where the objective was never reported,
        whatever else was.

    Raises:
        CollectorError: Katib's collector would end with an error, and the trial would fail.
    """
    observed = _read(collector, metrics, path)
    if not any(each.metric == metrics[0] for each in observed):
        observed = []
    return aggregate(observed, metrics)


def _read(collector: Collector, metrics: Sequence[str], path: Path) -> list[Observation]:
    if collector.kind == "TensorFlowEvent":
        return read_events(path, metrics)
    try:
        text = path.read_bytes().decode(errors="replace")
    except OSError as err:
        raise CollectorError(
            f"The metrics file was not written ({err}). The engine replaces the collector's path in command, "
            "args and env; a path that is fixed in a script it cannot see. Hand the path over as an argument."
        ) from err
    if collector.format == "JSON":
        return read_json(text, metrics)
    return read_text(text, metrics, collector.filters)
