# SPDX-License-Identifier: Apache-2.0
"""Why a filter finds no value of a metric in a line of text that holds its name."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import re2

from kfp_katib.experiment.defaults import DEFAULT_FILTER
from kfp_katib.experiment.model import Collector
from kfp_katib.trial.excerpt import shown

# What ECMA-48 calls control sequences: colours, movements of the cursor.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])")
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"


def found(filters: Sequence[str], line: str) -> list[tuple[str, str]]:
    """Names and values that filters find in a line."""
    patterns = [pattern for pattern in map(_compiled, filters) if pattern and pattern.groups > 1]
    line = line.encode(errors="replace").decode()
    matches = [match for pattern in patterns for match in pattern.finditer(line)]
    return [((match[1] or "").strip(), (match[2] or "").strip()) for match in matches]


def unmatched(collector: Collector, metric: str, line: str) -> str:
    """The filter does not match a line that holds the name."""
    if _own(collector):
        many = "The filters " if len(collector.filters) > 1 else "The filter "
        expressions = ", ".join(map(shown, collector.filters))
        where = f"not even in the line {shown(line, metric)}, which holds the name"
        return f"{many}{expressions} found no value, {where}."
    return f"The line {shown(line, metric)} holds the name, but no `{metric}=<number>`."


def names(collector: Collector, lines: Sequence[str]) -> list[str]:
    """The names that the filters find in lines, each once."""
    pairs = (pair for line in lines for pair in found(collector.filters, line))
    return list(dict.fromkeys(name for name, value in pairs if name and value))


def _coloured(collector: Collector, metric: str, line: str) -> str:
    plain = _ESCAPES.sub("", line)
    if plain == line or not any(name == metric for name, _ in found(collector.filters, plain)):
        return ""
    read = [name for name, _ in found(collector.filters, line)]
    instead = f" and reads the name {shown(read[0])}" if read else ""
    return (
        f"In the line {shown(line, metric)} escape codes of a terminal (colours) stand beside the name; "
        f"Katib's collector takes them for text{instead}. Print without colours where there is no terminal."
    )


def _json(collector: Collector, metric: str, line: str) -> str:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(fields, dict) or metric not in fields:
        return ""
    fix = f"Print `{metric}=<number>`"
    if collector.kind == "File":
        fix += f', or set format: JSON and write the value as text: `"{metric}": "<number>"`'
    reads = "the collector's format is TEXT" if collector.kind == "File" else "StdOut reads text"
    return f"The line {shown(line, metric)} is JSON, but {reads}. {fix}."


def _otherwise_written(collector: Collector, metric: str, line: str) -> str:
    """`loss: 0.5` and the like."""
    name = rf"(?<![\w|/.-])['\"]?{re.escape(metric)}['\"]?(?:\s*[\])}}])?"
    sign = r"(?:\s*(?::=|=>|->|:|=|\bis\b|,|;)\s*|\s+)"
    match = re.search(f"{name}{sign}['\"]?{_NUMBER}", line, re.IGNORECASE)
    if match is None or _own(collector) or found(collector.filters, match[0]):
        return ""
    return (
        f"It prints {shown(match[0])}, and Katib's default filter reads only `{metric}=<number>`. Print it "
        "so, or give the collector a metricsFormat of your own."
    )


def _other_case(collector: Collector, metric: str, line: str) -> str:
    near = [name for name, _ in found(collector.filters, line) if metric.lower() == name.lower()]
    if not near:
        return ""
    return (
        f"It prints {shown(near[0])} ({shown(line, metric)}), the objective is {metric!r}: capital letters "
        "count. Make them equal."
    )


def _other_name(collector: Collector, metric: str, line: str) -> str:
    near = [name for name, _ in found(collector.filters, line) if metric.lower() in name.lower()]
    if not near:
        return ""
    return (
        f"In the line {shown(line, metric)} the name is {shown(near[0])}, not {metric!r}. Print {metric!r}, "
        f"or name {shown(near[0])} in the objective."
    )


def _own(collector: Collector) -> bool:
    return tuple(collector.filters) != (DEFAULT_FILTER,)


def _compiled(expression: str) -> re2._Regexp | None:
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(expression, options)
    except (re2.error, ValueError):
        return None


FAULTS = (_coloured, _json, _otherwise_written, _other_case, _other_name)
"""What is wrong with a line that holds the metric's name: each says it, or nothing."""

WANTED = "{}=<number>"
