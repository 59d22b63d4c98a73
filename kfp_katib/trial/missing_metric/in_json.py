# SPDX-License-Identifier: Apache-2.0
"""Why a line of JSON that holds a metric's name has no value of it for Katib."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from kfp_katib.experiment.model import Collector
from kfp_katib.trial.excerpt import listed, shown

_DEEPEST = 5


WANTED = '"{}": "<number>"'


def names(collector: Collector, lines: Sequence[str]) -> list[str]:
    """The keys of the objects, each once."""
    return list(dict.fromkeys(key for line in lines for key in _object(line)))


def unmatched(collector: Collector, metric: str, line: str) -> str:
    """The name stands in a line, and not as one of its keys."""
    keys = list(_object(line))
    holds = f" It holds {listed(keys)}." if keys else ""
    return f"The line {shown(line, metric)} has no text under the key {metric!r}.{holds}"


def _of_key(collector: Collector, metric: str, line: str) -> str:
    fields = _object(line)
    return _no_text(metric, fields[metric]) if metric in fields else ""


def _other_case(collector: Collector, metric: str, line: str) -> str:
    near = [key for key in _object(line) if metric.lower() == key.lower()]
    return (
        f"The key is {shown(near[0])}, not {metric!r}: capital letters count. Make them equal."
        if near
        else ""
    )


def _deeper(collector: Collector, metric: str, line: str) -> str:
    outer = _inside(_object(line), metric, _DEEPEST)
    if not outer:
        return ""
    return (
        f"{metric!r} stands inside of {shown(outer)} in the line {shown(line, metric)}; Katib reads the "
        "keys of the outermost object alone."
    )


def _other_name(collector: Collector, metric: str, line: str) -> str:
    near = [key for key in _object(line) if metric.lower() in key.lower()]
    if not near:
        return ""
    where = f"In the line {shown(line, metric)} the key is {shown(near[0])}, not {metric!r}"
    return f"{where}. Write {metric!r}, or name {shown(near[0])} in the objective."


def _no_text(metric: str, value: object) -> str:
    """Katib takes a string, and passes over everything else in silence."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        given = shown(f'"{metric}": {json.dumps(value)}')
        return f"It writes {given}, and Katib reads a value of JSON only where it is text."
    given, wanted = f'"{metric}": {value!r}', f'"{metric}": "{value!r}"'
    return (
        f"It writes {shown(given)}, a number, and Katib reads a value of JSON only where it is text. "
        f"Write {shown(wanted)}."
    )


def _inside(fields: Mapping[str, Any], metric: str, depth: int) -> str:
    """The key of the outer object in which the metric stands deeper down; empty where it does not."""
    for key, value in fields.items():
        inner = value if isinstance(value, dict) else {}
        if depth and (metric in inner or _inside(inner, metric, depth - 1)):
            return key
    return ""


def _object(line: str) -> Mapping[str, Any]:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


FAULTS = (_of_key, _other_case, _deeper, _other_name)
"""What is wrong with a line that holds the metric's name: each says it, or nothing."""
