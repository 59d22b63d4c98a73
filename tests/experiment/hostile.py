# SPDX-License-Identifier: Apache-2.0
"""Texts, values, keys and pieces of YAML that parsers, expressions and shells are known to trip over."""

from __future__ import annotations

import json
import math
from typing import Any

from tests.places import DATA

_LISTED: dict[str, list[str]] = json.loads((DATA / "hostile.json").read_text())

REPEATED = _LISTED["repeated"]
"""What is dear, or deep, where it stands there a thousand times."""

TEXTS: list[str] = [
    *_LISTED["texts"],
    *("9" * 400, "9" * 5000, "1." + "0" * 400 + "1", "a" * 64, "a" * 254),
    *(text * (count // len(text)) for count in (300, 30_000) for text in REPEATED),
]

KEYS: list[str] = [*_LISTED["keys"], "a" * 300, "(" * 300]

MARKS: list[str] = [
    *_LISTED["marks"],
    *("1" * 400, "1" * 5000, "0." + "1" * 5000),
    *("{a: " * 70, "- " * 70, "[" * 30_000, "{" * 30_000, "(" * 3000, "1," * 6000, "a: 1\n" * 300),
]

_NUMBERS = (
    *(0, 1, -1, 2**31, -(2**31), 2**53, 2**63 - 1, -(2**63), 2**63, 10**30, 10**4200),
    *(0.0, -0.0, 0.5, 1e-300, 1e300, 5e-324, math.nan, math.inf, -math.inf, 1e16, 3.0),
)

VALUES: list[Any] = [
    *(None, True, False, *_NUMBERS),
    *([], {}, [None], [[]], [{}], {"": ""}, {"a": None}, {"name": None}, {"name": []}, [{"name": {}}]),
    *([1, "a", None], {"name": "lr", "value": "1"}, [{"name": "a"}, {"name": "a"}], {"list": []}),
    *({"limits": {"nvidia.com/gpu": "1k"}}, {"limits": {"nvidia.com/gpu": 1.5}}, {"list": ["1", "1.0"]}),
    *({"min": "0.1", "max": "0.9", "step": "1e-300"}, {"min": "1", "max": "1e308", "step": "1e-5"}),
    *({"min": "9" * 300, "max": "9" * 301}, ["a"] * 400, dict.fromkeys(map(str, range(400)), "1")),
    [{"name": f"p{i}", "value": "1"} for i in range(300)],
]
