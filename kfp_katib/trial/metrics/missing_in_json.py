# SPDX-License-Identifier: Apache-2.0
"""Why Katib's collector did not see a metric in a line of JSON that names it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kfp_katib.experiment.model import Collector
from kfp_katib.trial.excerpt import shown

_DEEPEST = 5


def fields_of(line: str) -> Mapping[str, Any]:
    """The fields of a line that is a JSON object; none for any other."""
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def no_text(collector: Collector, metric: str, line: str) -> str:
    """Katib takes a string, and silently skips everything else."""
    fields = fields_of(line)
    if metric not in fields:
        return ""
    value = fields[metric]
    given = shown(f'"{metric}": {json.dumps(value)}')
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return f"It writes {given}, and Katib reads only JSON values that are strings."
    wanted = shown(f'"{metric}": "{json.dumps(value)}"')
    return f"It writes {given}, a number; Katib reads only JSON values that are strings. Write {wanted}."


def deeper(collector: Collector, metric: str, line: str) -> str:
    """The metric stands in an object inside the outermost one."""
    outer = _inside(fields_of(line), metric, _DEEPEST)
    if not outer:
        return ""
    return (
        f"{metric!r} is inside {shown(outer)} in the line {shown(line, metric)}; Katib reads only the "
        "keys of the outermost object."
    )


def _inside(fields: Mapping[str, Any], metric: str, depth: int) -> str:
    """The key of the inner object that holds the metric; empty if none does."""
    for key, value in fields.items():
        inner = value if isinstance(value, dict) else {}
        if depth and (metric in inner or _inside(inner, metric, depth - 1)):
            return key
    return ""
