# SPDX-License-Identifier: Apache-2.0
"""Numbers as a paper prints them: as many digits as their errors leave."""

from __future__ import annotations

import math

from training.physics.comparison import Estimate

NONE = "–"
"""Stands where there is no number."""
ERROR_DIGITS = 2
VALUE_DIGITS = 3
"""Of a number without an error."""
MOST_DECIMALS = 9
SMALLEST = 1e-300
"""Below is what rounding leaves of zero."""
PLAIN = range(-3, 5)
"""Powers of ten that are written out."""
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def words(estimate: Estimate | None) -> list[str]:
    """Return a number as the words it is written in, between which a line may be broken.

    The error has two significant digits, the value as many decimals: ``["0.0834", "± 0.0041"]``, with a space
    behind the sign that does not break.
    """
    if estimate is None or not math.isfinite(estimate.value):
        return [NONE]
    value, error = estimate.value, estimate.error
    if max(abs(value), error) < SMALLEST:
        value = error = 0.0
    known = math.isfinite(error) and error > 0.0
    power = _exponent(max(abs(value), error if known else 0.0))
    if power in PLAIN:
        power = 0
    decimals = _decimals(error / 10.0**power, ERROR_DIGITS) if known else _decimals(value / 10.0**power)
    head = _fixed(value / 10.0**power, decimals)
    times = f" × 10{str(power).translate(SUPERSCRIPTS)}" if power else ""
    if not known:
        head = head if value else "0"
        return [head + times]
    tail = f"±\N{NO-BREAK SPACE}{_fixed(error / 10.0**power, decimals)}"
    return [f"({head}", f"{tail}){times}"] if power else [head, tail]


def text(estimate: Estimate | None) -> str:
    """Return a number that stays on one line."""
    return "\N{NO-BREAK SPACE}".join(words(estimate))


def ratio(model: Estimate, floor: Estimate | None) -> Estimate | None:
    """Return how many floors a model is away; None where the floor is zero within its error."""
    if floor is None or not floor.value > max(floor.error, 0.0):
        return None
    value = model.value / floor.value
    if not math.isfinite(value):
        return None
    return Estimate(value, math.hypot(model.error, value * floor.error) / floor.value)


def _exponent(value: float) -> int:
    """The power of ten of the first digit."""
    return math.floor(math.log10(abs(value))) if value else 0


def _decimals(value: float, digits: int = VALUE_DIGITS) -> int:
    """How many decimals show so many significant digits, once the value is rounded to them."""
    rounded = float(f"{value:.{digits - 1}e}")
    return min(digits - 1 - _exponent(rounded), MOST_DECIMALS)


def _fixed(value: float, decimals: int) -> str:
    return f"{round(value, decimals):.{max(decimals, 0)}f}".replace("-", "−")
