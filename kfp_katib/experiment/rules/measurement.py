# SPDX-License-Identifier: Apache-2.0
"""What is measured: the objective and its metrics, and whether the collector can ever find them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import re2

from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.rules.paths import part
from kfp_katib.experiment.rules.rule import error, row, rule, several
from kfp_katib.experiment.rules.view import COLLECTOR, View

_PLACE_PATH = f"{COLLECTOR}.source.fileSystemPath"
_LONGEST_FILTER = 4096
"""Characters of all expressions together: RE2 takes 0.1 s for that many of its most expensive, `\\p{L}`."""
_FILTER_MEMORY = 2**20
"""Bytes that RE2 may use for all expressions together; its default, 8 MiB, takes 0.4 s each."""
_NOT_GO = re.compile(r"(?<!\\)(?:\\\\)*\\C")
_CAPTURE = re2.compile(r"\(.*\).*\(.*\)")  # Katib's own test, in RE2, whose time is linear
_SHOWN = 120  # characters of an expression and of RE2's answer in a message
_OBJECTIVE = "spec.objective"
_LOW_IS_GOOD = re.compile(r"(^|[_\W])(loss|error|err|mse|mae|rmse|nll|perplexity)s?([_\W]|$)", re.IGNORECASE)
_HIGH_IS_GOOD = re.compile(r"(^|[_\W])(accuracy|acc|auc|f1|precision|recall|r2|iou)([_\W]|$)", re.IGNORECASE)


def _metrics(view: View) -> Iterator[tuple[str, str]]:
    """The metrics' names, each at its first occurrence."""
    first, more = view.objective.get("objectiveMetricName"), view.objective.get("additionalMetricNames", [])
    for name in view.metrics:
        field = "objectiveMetricName" if name == first else f"additionalMetricNames[{more.index(name)}]"
        yield f"{_OBJECTIVE}.{field}", name


# fmt: off
ROWS = (
    row(error("metric-holds-semicolon",
        "Katib joins metric names with `;` and takes them apart there again."),
        _metrics, "", lambda name: ";" in name, "The metric is '{value}'.", "Rename it.",
        when=lambda view: view.collector in ("StdOut", "File", "TensorFlowEvent")),
    row(error("metric-never-found", "Katib's default filter cannot find a metric of this name."),
        _metrics, "", lambda name: ";" not in name and not re.fullmatch(r"[\w|-]+", name, re.ASCII),
        "Katib's default filter never finds '{value}': it reads NAME=NUMBER, a name of letters, digits, '_' "
        "and '-'.",
        "Use such a name, or give a metricsFormat of your own.",
        when=lambda view: (view.collector == "StdOut" or view.file_format == "TEXT") and not view.filters),
)
# fmt: on


@rule("objective-among-additional", webhook=True)
def objective_among_additional(view: View) -> Iterator[Finding]:
    """The objective's metric stands among the additional ones as well."""
    name = view.objective.get("objectiveMetricName", "")
    if name and name in view.objective.get("additionalMetricNames", []):
        path = f"{_OBJECTIVE}.additionalMetricNames"
        yield Finding(path, f"It holds the objective's metric '{name}'.", "Remove it there.", name)


@rule("additional-metric-repeated", severity="warning")
def additional_metric_repeated(view: View) -> Iterator[Finding]:
    """An additional metric is named twice."""
    path = f"{_OBJECTIVE}.additionalMetricNames"
    for name in several(view.objective.get("additionalMetricNames", [])):
        yield Finding(path, f"'{name}' stands there twice.", "Remove one.", name)


@rule("strategy-repeated", severity="warning")
def strategy_repeated(view: View) -> Iterator[Finding]:
    """Two strategies for one metric; the first one counts."""
    given = part(view.given, "spec", "objective").get("metricStrategies", [])
    for name in several(strategy.get("name", "") for strategy in given):
        path = f"{_OBJECTIVE}.metricStrategies"
        yield Finding(path, f"The metric '{name}' has several strategies.", "Keep one.", name)


@rule("strategy-without-metric", severity="warning")
def strategy_without_metric(view: View) -> Iterator[Finding]:
    """A strategy is for a metric that the Experiment does not collect."""
    for path, strategy in view.listed(f"{_OBJECTIVE}.metricStrategies"):
        name = strategy.get("name", "")
        if view.metrics and name and name not in view.metrics:
            fix = "Add the metric to additionalMetricNames, or remove the strategy."
            yield Finding(f"{path}.name", f"'{name}' is not among the metrics.", fix, name)


@rule("goal-sign", severity="warning")
def goal_sign(view: View) -> Iterator[Finding]:
    """For a metric that is never negative, the goal is reached at once or never."""
    goal, kind = view.objective.get("goal"), view.objective.get("type")
    at_once, never = kind == "maximize" and (goal or 0) <= 0, kind == "minimize" and (goal or 0) < 0
    if goal is not None and (at_once or never):
        message = f"The goal is {goal}: {'any' if at_once else 'no'} positive value reaches it."
        yield Finding(f"{_OBJECTIVE}.goal", message, "Check its sign.", goal)


@rule("direction-unusual", severity="warning")
def direction_unusual(view: View) -> Iterator[Finding]:
    """The metric's name says that the other direction is meant."""
    name, kind = view.objective.get("objectiveMetricName", ""), view.objective.get("type")
    usual = {"maximize": _LOW_IS_GOOD, "minimize": _HIGH_IS_GOOD}.get(str(kind))
    if usual and usual.search(name):
        fix = f"Did you mean {'minimize' if kind == 'maximize' else 'maximize'}?"
        yield Finding(f"{_OBJECTIVE}.type", f"The search is to {kind} '{name}'.", fix, kind)


@rule("file-path-invalid", webhook=True)
def file_path_invalid(view: View) -> Iterator[Finding]:
    """The File or TensorFlowEvent collector needs an absolute path of the right kind."""
    wanted = {"File": "File", "TensorFlowEvent": "Directory"}.get(view.collector)
    if wanted is None:
        return
    kind, path = (view.source["fileSystemPath"][name] for name in ("kind", "path"))
    if kind != wanted:
        yield Finding(f"{_PLACE_PATH}.kind", f"The kind is '{kind}'.", f"Write {wanted}.", kind)
    if not path.startswith("/"):
        yield Finding(f"{_PLACE_PATH}.path", f"The path is '{path}'.", "Write an absolute path.", path)


@rule("file-format-invalid", webhook=True)
def file_format_invalid(view: View) -> Iterator[Finding]:
    """The format is not one that the collector takes."""
    value = view.source.get("fileSystemPath", {}).get("format", "")
    path = f"{_PLACE_PATH}.format"
    if view.collector == "File" and value not in ("TEXT", "JSON"):
        yield Finding(path, f"The format is '{value}'.", "Write TEXT or JSON.", value)
    if view.collector == "TensorFlowEvent" and value:
        yield Finding(path, f"The format is '{value}'.", "Remove it: event files have their own.", value)


@rule("http-get-invalid", webhook=True)
def http_get_invalid(view: View) -> Iterator[Finding]:
    """The PrometheusMetric collector needs a positive port and an absolute path."""
    if view.collector != "PrometheusMetric":
        return
    place, where = view.source.get("httpGet", {}), f"{COLLECTOR}.source.httpGet"
    port, path = str(place.get("port", "")), place.get("path")
    if not re.fullmatch(r"\+?0*[1-9]\d*", port):
        yield Finding(f"{where}.port", f"The port is '{port}'.", "Write a positive number.", port)
    if not str(path or "").startswith("/"):
        yield Finding(f"{where}.path", f"The path is '{path}'.", "Start it with '/'.", path)


@rule("custom-path-invalid", webhook=True)
def custom_path_invalid(view: View) -> Iterator[Finding]:
    """The Custom collector's path is not absolute, or of no kind."""
    place = view.source.get("fileSystemPath")
    if view.collector != "Custom" or place is None:
        return
    if not place.get("path", "").startswith("/") or place.get("kind") not in ("File", "Directory"):
        fix = "Give kind File or Directory and an absolute path."
        yield Finding(_PLACE_PATH, f"The path is {dict(place)}.", fix, place.get("path"))


@rule("source-ignored", severity="warning")
def source_ignored(view: View) -> Iterator[Finding]:
    """The collector does not read this part of its source."""
    unread = {
        "StdOut": ("fileSystemPath", "httpGet"),
        "File": ("httpGet",),
        "TensorFlowEvent": ("httpGet", "filter"),
        "Push": ("fileSystemPath", "httpGet", "filter"),
    }
    for name in unread.get(view.collector, ()):
        if name in view.source:
            message = f"{view.collector} does not read {name}."
            yield Finding(f"{COLLECTOR}.source.{name}", message, "Remove it, or choose another kind.", name)


@rule("filter-invalid", webhook=True)
def filter_invalid(view: View) -> Iterator[Finding]:
    """An expression of the filter is not RE2's; for StdOut Katib finds out when the collector crashes."""
    for path, text, (reason, _) in _expressions(view):
        if reason:
            fix = "Write it for RE2 (Go): no look-around, no back-references."
            yield Finding(path, f"The expression is {_shown(text)}: {reason}.", fix, text)


@rule("filter-without-groups", webhook=True)
def filter_without_groups(view: View) -> Iterator[Finding]:
    """An expression of the filter lacks its two groups; for StdOut Katib ignores every line in silence."""
    for path, text, (reason, _) in _expressions(view):
        if not reason and not _CAPTURE.search(text):
            fix = "Put the metric's name into the first pair of brackets, its value into the second."
            yield Finding(path, f"The expression is {_shown(text)}.", fix, text)


@rule("filter-groups-not-capturing")
def filter_groups_not_capturing(view: View) -> Iterator[Finding]:
    """The expression has brackets, but fewer than two of them capture: every line is ignored."""
    for path, text, (reason, groups) in _expressions(view):
        if not reason and groups < 2 and _CAPTURE.search(text):
            fix = "Capture the metric's name, then its value."
            yield Finding(path, f"{_shown(text)} captures {groups} of two.", fix, text)


@rule("filter-holds-semicolon")
def filter_holds_semicolon(view: View) -> Iterator[Finding]:
    """Katib joins expressions with `;` and takes them apart there again."""
    for path, text in view.filters:
        if ";" in text and view.collector in ("StdOut", "File"):
            yield Finding(path, f"The expression is {_shown(text)}.", r"Write \x3b for the semicolon.", text)


def _expressions(view: View) -> Iterator[tuple[str, str, tuple[str, int]]]:
    """Path and text of each expression of the filter, with RE2's verdict."""
    length = sum(len(text) for _, text in view.filters)
    too_long = f"the filter has {length:,} characters, more than {_LONGEST_FILTER:,}"
    for path, text in view.filters:
        memory = _FILTER_MEMORY // len(view.filters)
        yield path, text, (too_long, 0) if length > _LONGEST_FILTER else _judged(text, memory)


@lru_cache
def _judged(text: str, memory: int) -> tuple[str, int]:
    """Why RE2 itself refuses the expression, empty if it does not, and how many groups capture.

    Args:
        text: The expression.
        memory: Bytes that RE2 may use, which limits its time as well.
    """
    if _NOT_GO.search(text):
        return r"Go's RE2 has no '\C'", 0
    options = re2.Options()
    options.log_errors = False  # they would go to stderr
    options.max_mem = memory
    try:
        return "", re2.compile(text, options).groups
    except re2.error as err:
        return _cut(err.args[0].decode(errors="replace")), 0


def _shown(text: str) -> str:
    return repr(_cut(text))


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
