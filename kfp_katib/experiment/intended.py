# SPDX-License-Identifier: Apache-2.0
"""The scalar types of fields, and what a value of the wrong type was meant to be."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

ABSENT = object()
"""No value."""
_SHORT = 300
NUMBERS = {"integer": int, "int64": int, "number": float}
SCALARS: Mapping[str, tuple[tuple[type, ...], str, str]] = {
    "string": ((str,), "text", "Write text."),
    "boolean": ((bool,), "true or false", "Write true or false, without quotes."),
    "integer": ((int,), "an integer", "Write an integer, without quotes."),
    "int64": ((int,), "an integer", "Write an integer, without quotes."),
    "number": ((int, float), "a number", "Write a number, without quotes."),
    "quantity": ((int, float, str), "a number or text", "Write a number or text."),
    "int-or-string": ((int, float, str), "a number or text", "Write a number or text."),
}
"""For each kind of scalar: the types it accepts, what to call it, and the fix for any other."""


def is_scalar(value: object, kind: str) -> bool:
    """Whether a value has the type of its kind of scalar; true and false are no numbers."""
    return isinstance(value, SCALARS[kind][0]) and (kind == "boolean" or not isinstance(value, bool))


def converted(value: Any, kind: str) -> Any:
    """What a value of the wrong type was meant to be, `ABSENT` if that is unclear."""
    if kind == "string" and not isinstance(value, (dict, list)):
        return str(value).lower() if isinstance(value, bool) else str(value)
    try:
        return NUMBERS[kind](value)
    except (KeyError, TypeError, ValueError, OverflowError):
        return ABSENT


def as_list(value: Any, path: str) -> str:
    """How to write a single value as the list that is wanted."""
    items = [value]
    if isinstance(value, str) and path.endswith((".command", ".args")):
        with suppress(ValueError):
            items = shlex.split(value)
    elif isinstance(value, str) and path.endswith(".list"):
        items = re.split(r"\s*,\s*", value)
    scalar = not isinstance(value, (dict, list, type(None)))
    example = json.dumps(items, ensure_ascii=False, default=str) if scalar else ""
    return f"Write it as a list: {example}." if 0 < len(example) < _SHORT else "Write it as a list."


def empty(kind: str) -> Any:
    """What replaces a list item that had to be left out."""
    return "" if kind == "string" else 0 if kind in NUMBERS else {}
