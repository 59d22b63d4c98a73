# SPDX-License-Identifier: Apache-2.0
"""Why Katib's collector did not see a metric, in one sentence with the line that shows it.

For both engines: one reads a trial's files, the other its pod's log. What the collector does is taken from
`file-metricscollector.go` in Katib's `pkg/metricscollector/v1beta1/file-metricscollector`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from kfp_katib.experiment.defaults import DEFAULT_FILTER
from kfp_katib.experiment.model import Collector
from kfp_katib.trial.excerpt import listed, shown
from kfp_katib.trial.metrics.missing_in_json import deeper, fields_of, no_text
from kfp_katib.trial.metrics.text_lines import finder

Faults: TypeAlias = tuple[Callable[[Collector, str, str], str], ...]
"""Checks of a line that holds the metric's name: each returns what is wrong, or an empty text."""

# What ECMA-48 calls control sequences: colours, movements of the cursor.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])")
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_NAMED = r"(?<![\w|/.-])['\"]?(?P<name>{})['\"]?(?:\s*[\])}}])?"
_SIGN = r"(?P<sign>\s*(?::=|=>|->|:|=|\bis\b|,|;)\s*|\s+)"
_VALUE = rf"['\"]?(?P<value>{_NUMBER})"
_FILTERED = r"([+-]?\d*(\.\d+)?([Ee][+-]?\d+)?)"  # as in Katib's own


@dataclass(frozen=True, slots=True)
class Lines:
    """Some lines of what the collector reads.

    Attributes:
        named: The first few that hold the metric's name in any case.
        others: The first few lines, whatever they hold.
    """

    named: Sequence[str]
    others: Sequence[str]


def reason(collector: Collector, metric: str, lines: Lines) -> str:
    """Why the collector finds no value in lines that it reads; empty if they do not tell.

    Args:
        collector: StdOut or File.
        metric: The metric's name.
        lines: What a trial wrote.
    """
    faults = _JSON_FAULTS if collector.format == "JSON" else _TEXT_FAULTS
    for fault in (*faults, *_LAST):  # the surest first, whatever line it is in
        for line in lines.named:
            if sentence := fault(collector, metric, line):
                return sentence
    if lines.named:
        return _unmatched(collector, metric, lines.named[0])
    if not lines.others:
        return ""
    pairs = [pair for line in lines.others for pair in _pairs(collector, line)]
    if names := list(dict.fromkeys(name for name, value in pairs if name and value != "")):
        wanted = f'"{metric}": "<number>"' if collector.format == "JSON" else f"{metric}=<number>"
        return f"It holds {listed(names)}, but no {metric!r}. Write `{wanted}`, or name another objective."
    return f"None of its lines holds {metric!r}; it begins with {shown(lines.others[0])}."


def in_log(collector: Collector, metric: str, log: str) -> str:
    """Why the collector finds no value, if a line of a pod's log names the metric; else empty."""
    named = [line for line in log.split("\n") if metric.lower() in line.lower()]
    if collector.kind == "StdOut":
        return reason(collector, metric, Lines(named, ()))
    return elsewhere(collector, metric, named) if collector.kind in ("File", "TensorFlowEvent") else ""


def elsewhere(collector: Collector, metric: str, printed: Sequence[str]) -> str:
    """Which line has a value of the metric where the collector does not read; empty if none has."""
    filters = collector.filters or (DEFAULT_FILTER,)
    found = (line for line in printed if metric in [name for name, _ in _found(filters, line)])
    line = next(found, None)
    if line is None:
        return ""
    if collector.kind == "StdOut":
        return (
            f"The line {shown(line, metric)} was printed by an earlier command: of a chain, only the last "
            "one's output is collected. Put the commands into { ...; }."
        )
    return (
        f"The line {shown(line, metric)} was printed, and the collector {collector.kind} does not read what "
        "is printed. Write the metric where the collector reads, or use StdOut."
    )


def no_number(collector: Collector, metric: str, text: str, lines: Lines) -> str:
    """Why the metric's value is not a number, with the line that it was read from."""
    reads = shown(text) if text else "an empty text"
    sentence = f"The value of {metric!r} is not a number: the collector reads {reads}"
    for line in lines.named:
        if (metric, text) in _pairs(collector, line):
            return f"{sentence} from the line {shown(line, metric)}."
    return f"{sentence}."


def _pairs(collector: Collector, line: str) -> Iterable[tuple[str, object]]:
    """Names and values that a line holds for the collector."""
    return fields_of(line).items() if collector.format == "JSON" else _found(collector.filters, line)


def _found(filters: Sequence[str], line: str) -> list[tuple[str, str]]:
    """Names and values that filters find in a line of text."""
    return [(name.decode(), value) for name, value in finder(filters)(line.encode(errors="replace"))]


def _other_case(collector: Collector, metric: str, line: str) -> str:
    near = [name for name, _ in _pairs(collector, line) if metric.lower() == name.lower()]
    if not near:
        return ""
    return f"{_another(collector, metric, line, near[0])}: case matters. Make them equal."


def _other_name(collector: Collector, metric: str, line: str) -> str:
    near = [name for name, _ in _pairs(collector, line) if metric.lower() in name.lower()]
    if not near:
        return ""
    another = _another(collector, metric, line, near[0])
    return f"{another}. Write {metric!r}, or name {shown(near[0])} in the objective."


def _another(collector: Collector, metric: str, line: str, name: str) -> str:
    word = "key" if collector.format == "JSON" else "name"
    return f"In the line {shown(line, metric)} the {word} is {shown(name)}, not {metric!r}"


def _unmatched(collector: Collector, metric: str, line: str) -> str:
    """A line holds the metric's name, and has none of the faults."""
    where = f"The line {shown(line, metric)}"
    if collector.format == "JSON":
        keys = list(fields_of(line))
        holds = f" It holds {listed(keys)}." if keys else ""
        return f"{where} has no string under the key {metric!r}.{holds}"
    if not _own_filters(collector):
        return f"{where} holds the name, but no `{metric}=<number>`. Print that."
    many = "s" if len(collector.filters) > 1 else ""
    expressions = ", ".join(map(shown, collector.filters))
    return (
        f"The filter{many} {expressions} found no value, not even in the line {shown(line, metric)}, which "
        "holds the name."
    )


def _coloured(collector: Collector, metric: str, line: str) -> str:
    plain = _ESCAPES.sub("", line)
    if plain == line or metric not in [name for name, _ in _found(collector.filters, plain)]:
        return ""
    read = [name for name, _ in _found(collector.filters, line)]
    instead = f" and reads the name {shown(read[0])}" if read else ""
    return (
        f"The line {shown(line, metric)} has terminal escape codes (colours) beside the name; "
        f"Katib's collector takes them for text{instead}. Print without colours where there is no terminal."
    )


def _json_in_text(collector: Collector, metric: str, line: str) -> str:
    if metric not in fields_of(line):
        return ""
    fix = f"Print `{metric}=<number>`"
    if collector.kind == "File":
        fix += f', or set format: JSON and write the value as text: `"{metric}": "<number>"`'
    reads = "the collector's format is TEXT" if collector.kind == "File" else "StdOut reads text"
    return f"The line {shown(line, metric)} is JSON, but {reads}. {fix}."


def _otherwise_written(collector: Collector, metric: str, line: str) -> str:
    """`loss: 0.5` and the like: what to print instead, and the filter that would find it as it is."""
    match = re.search(rf"{_NAMED.format(re.escape(metric))}{_SIGN}{_VALUE}", line, re.IGNORECASE)
    if match is None or _own_filters(collector) or _found(collector.filters, match[0]):
        return ""
    form = f"({match['name']}){_spaced(match['sign'])}{_FILTERED}"
    fits = (metric, match["value"]) in _found((form,), line)
    other = f"set metricsFormat of the collector's filter to {shown(form)}" if fits else ""
    return (
        f"It prints {shown(match[0])}, and Katib's default filter reads only `{metric}=<number>`. Print "
        f"`{metric}={match['value']}`, or {other or 'give the collector a metricsFormat of your own'}."
    )


def _spaced(sign: str) -> str:
    """An expression for what stands between name and value, with any blanks around it."""
    return r"\s+" if not sign.strip() else rf"\s*{re.escape(sign.strip())}\s*"


def _another_otherwise_written(collector: Collector, metric: str, line: str) -> str:
    """`val_loss: 0.5` and the like: neither the name nor the form is what is read."""
    name = rf"[\w|/.-]*{re.escape(metric)}[\w|/.-]*"
    match = re.search(rf"(?P<name>{name}){_SIGN}{_VALUE}", line, re.IGNORECASE)
    if match is None or _own_filters(collector) or _found(collector.filters, match[0]):
        return ""
    return (
        f"It prints {shown(match[0])}: the name is {shown(match['name'])}, not {metric!r}, and Katib's "
        f"default filter reads only NAME=NUMBER. Print `{metric}={match['value']}`, or print "
        f"{shown(match['name'] + '=' + match['value'])} and name that in the objective."
    )


def _own_filters(collector: Collector) -> bool:
    return tuple(collector.filters) != (DEFAULT_FILTER,)


_TEXT_FAULTS: Faults = (_coloured, _json_in_text, _otherwise_written)
_LAST: Faults = (_other_case, _other_name, _another_otherwise_written)
_JSON_FAULTS: Faults = (no_text, deeper)
