# SPDX-License-Identifier: Apache-2.0
"""A trial's metrics as Katib's collectors and controller would have them, to the letter.

What a trial wrote is read piece by piece: the parsers are fed, and keep only what was reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kfp_katib.experiment.model import Collector
from kfp_katib.results import Metric
from kfp_katib.trial.metrics.aggregate import Tally
from kfp_katib.trial.metrics.error import CollectorError
from kfp_katib.trial.metrics.json_lines import JsonParser
from kfp_katib.trial.metrics.lines import LineParser, Lines
from kfp_katib.trial.metrics.text import TextParser
from kfp_katib.trial.metrics.tfevents import read_events
from kfp_katib.trial.plain_file import chunks, open_plain

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
        OSError: The file is missing, is no file, or cannot be read.
    """
    tally = Tally(metrics)
    if collector.kind == "TensorFlowEvent":
        read_events(path, tally)
    else:
        _read_lines(path, _parser(collector, tally))
    return tally.metrics()


def _parser(collector: Collector, tally: Tally) -> LineParser:
    if collector.format == "JSON":
        return JsonParser(tally.values)
    return TextParser(tally.values, collector.filters)


def _read_lines(path: Path, parser: LineParser) -> None:
    lines = Lines(parser)
    with open_plain(path) as file:
        for chunk in chunks(file):
            lines.feed(chunk)
    lines.end()
