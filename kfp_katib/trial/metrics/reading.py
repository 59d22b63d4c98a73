# SPDX-License-Identifier: Apache-2.0
"""What one trial wrote, read by its collector."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kfp_katib.experiment.model import Collector
from kfp_katib.trial.metrics.aggregate import V
from kfp_katib.trial.metrics.json_lines import read_json
from kfp_katib.trial.metrics.text_lines import end_of_a_word, read_text
from kfp_katib.trial.metrics.tfevents import read_events
from kfp_katib.trial.plain_file import chunks, whole_lines


def read(collector: Collector, path: Path, values: Mapping[str, V], *, cut_off: bool = False) -> None:
    """Read the values that a trial reported.

    Args:
        collector: The Experiment's collector, of one of the kinds of `COLLECTORS`.
        path: The file, or for TensorFlowEvent the folder, that the trial wrote.
        values: Where each metric's values go, by the metrics' names.
        cut_off: Whether it was ended while it wrote, so that a line without its newline is none: the half of
            `loss=0.25` is `loss=0.`.

    Raises:
        CollectorError: Katib's collector would end with an error.
        OSError: The file is missing, is not a file, or cannot be read.
    """
    if collector.kind == "TensorFlowEvent":
        read_events(path, values)
        return
    pieces = whole_lines(chunks(path), end_of_a_word, ended=False) if cut_off else chunks(path)
    if collector.format == "JSON":
        read_json(pieces, values)
    else:
        read_text(pieces, values, collector.filters)
