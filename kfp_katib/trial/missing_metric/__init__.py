# SPDX-License-Identifier: Apache-2.0
"""Why Katib's collector did not see a metric, in one sentence with the line that shows it.

For both engines: one reads a trial's files, the other its pod's log. What the collector does is read from
`file-metricscollector.go` in Katib's `pkg/metricscollector/v1beta1/file-metricscollector`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from kfp_katib.experiment.defaults import DEFAULT_FILTER
from kfp_katib.experiment.model import Collector
from kfp_katib.trial.excerpt import listed, shown
from kfp_katib.trial.missing_metric import in_json, in_text

__all__ = ["Lines", "holds", "no_number", "printed", "reason", "shown"]


@dataclass(frozen=True, slots=True)
class Lines:
    """Some lines of what the collector reads.

    Attributes:
        named: Those that hold the metric's name in small or capital letters, the first few.
        others: The first few lines whatever they hold.
    """

    named: Sequence[str]
    others: Sequence[str]


class _Format(Protocol):
    """What is known of one format; a module each."""

    FAULTS: tuple[Callable[[Collector, str, str], str], ...]
    WANTED: str

    def names(self, collector: Collector, lines: Sequence[str], /) -> list[str]:
        """The names that lines hold."""

    def unmatched(self, collector: Collector, metric: str, line: str, /) -> str:
        """A line holds the metric's name, and has none of the faults."""


def reason(collector: Collector, metric: str, lines: Lines) -> str:
    """Why the collector finds no value in lines that it reads; empty where they do not tell.

    Args:
        collector: StdOut or File.
        metric: The metric's name.
        lines: What a trial wrote.
    """
    of_format: _Format = in_json if collector.format == "JSON" else in_text
    for fault in of_format.FAULTS:  # the surest first, whatever line it is in
        for line in lines.named:
            if sentence := fault(collector, metric, line):
                return sentence
    if lines.named:
        return of_format.unmatched(collector, metric, lines.named[0])
    if not lines.others:
        return ""
    if names := of_format.names(collector, lines.others):
        wanted = of_format.WANTED.format(metric)
        return f"It holds {listed(names)}, but no {metric!r}. Write `{wanted}`, or name another objective."
    return f"None of its lines holds {metric!r}; it begins with {shown(lines.others[0])}."


def holds(collector: Collector, metric: str, line: str) -> bool:
    """Whether a line has a value of the metric for the collector's filters, or the default one."""
    return any(name == metric for name, _ in in_text.found(collector.filters or (DEFAULT_FILTER,), line))


def printed(collector: Collector, metric: str, line: str) -> str:
    """The metric was printed, and the collector File or TensorFlowEvent does not read that."""
    return (
        f"The line {shown(line, metric)} was printed, and the collector {collector.kind} does not read what "
        "is printed. Write the metric where the collector reads, or use StdOut."
    )


def no_number(collector: Collector, metric: str, text: str, lines: Lines) -> str:
    """Why the metric's value is no number, with the line that it was read from."""
    reads = shown(text) if text else "an empty text"
    sentence = f"The value of {metric!r} is no number: the collector reads {reads}"
    for line in lines.named:
        if collector.format == "JSON" or (metric, text) in in_text.found(collector.filters, line):
            return f"{sentence} from the line {shown(line, metric)}."
    return f"{sentence}."
