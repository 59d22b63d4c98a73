# SPDX-License-Identifier: Apache-2.0
"""Katib's numbers are text; this reads them as its services do."""

from __future__ import annotations

import math
import re

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def number(text: str) -> float | None:
    """A decimal number, None for any other text and for what overflows to infinity."""
    value = float(text) if _NUMBER.fullmatch(text) else math.inf
    return value if math.isfinite(value) else None


def integer(text: str) -> int | None:
    """An integer of at most 18 digits, None for any other text."""
    return int(text) if re.fullmatch(r"[+-]?[0-9]{1,18}", text) else None


def lattice(low: float, high: float, step: float) -> int | None:
    """How many points Katib's grid has between two doubles: numpy's arange, the last dropped if above high.

    Floating point can cost the grid its end: 0.1 to 0.5 by 0.2 has two points, not three.

    Returns:
        The number; None where it is beyond a double's.
    """
    steps = (high + step - low) / step
    if not math.isfinite(steps):
        return None
    count = math.ceil(steps)
    width = (low + step) - low
    return count - 1 if count > 0 and low + (count - 1) * width > high else count
