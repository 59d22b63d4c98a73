# SPDX-License-Identifier: Apache-2.0
"""A trial's metrics exactly as Katib's collectors and controller would have them; why one is missing.

What a trial wrote is read piece by piece, and only what was reported is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kfp_katib.experiment.model import Collector
from kfp_katib.results import Metric
from kfp_katib.trial.metrics.aggregate import CollectorError, Values
from kfp_katib.trial.metrics.reading import read

__all__ = ["COLLECTORS", "CollectorError", "collect"]

COLLECTORS = ("StdOut", "File", "TensorFlowEvent")
"""The kinds of Katib's metrics collectors that `collect` stands in for."""


def collect(
    collector: Collector, metrics: Sequence[str], path: Path, *, cut_off: bool = False
) -> dict[str, Metric]:
    """Read what one trial reported.

    Args:
        collector: The Experiment's collector, of one of the kinds of `COLLECTORS`.
        metrics: Names of the metrics, the objective first.
        path: The file, or for TensorFlowEvent the folder, that the trial wrote.
        cut_off: Whether it was ended while it wrote.

    Returns:
        Each metric's min, max and latest; all `unavailable` if the objective was never reported,
        whatever else was reported.

    Raises:
        CollectorError: Katib's collector would end with an error, and the trial would fail.
        OSError: The file is missing, is not a file, or cannot be read.
    """
    values = {name: Values() for name in metrics}
    read(collector, path, values, cut_off=cut_off)
    reported = values[metrics[0]].reported
    return {name: each.metric() if reported else Metric() for name, each in values.items()}
