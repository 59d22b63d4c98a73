# SPDX-License-Identifier: Apache-2.0
"""Why a line of JSON that holds a metric's name has no value of it for Katib."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from kfp_katib.experiment.model import Collector
from kfp_katib.missing_metric.evidence import shown

_DEEPEST = 5


def fault(collector: Collector, metric: str, line: str) -> str:
    """What is wrong with a line; empty where the name does not stand in it as a key."""
    fields = _object(line)
    if metric in fields:
        return _no_text(metric, fields[metric])
    near = [key for key in fields if metric.lower() in key.lower()]
    if near and near[0].lower() == metric.lower():
        return f"The key is {shown(near[0])}, not {metric!r}: capital letters count. Make them equal."
    if outer := _inside(fields, metric, _DEEPEST):
        return (
            f"{metric!r} stands inside of {shown(outer)} in the line {shown(line, metric)}; Katib reads the "
            "keys of the outermost object alone."
        )
    if near:
        where = f"In the line {shown(line, metric)} the key is {shown(near[0])}, not {metric!r}"
        return f"{where}. Write {metric!r}, or name {shown(near[0])} in the objective."
    return ""


def keys(lines: Sequence[str]) -> list[str]:
    """The keys of the objects, each once."""
    return list(dict.fromkeys(key for line in lines for key in _object(line)))


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
