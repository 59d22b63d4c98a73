# SPDX-License-Identifier: Apache-2.0
"""The values between a parameter's min and max, in decimal arithmetic, so that 0.1 + 2 * 0.1 is 0.3."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from kfp_katib.experiment.parts import Parameter


@dataclass(frozen=True, slots=True)
class Lattice:
    """The values of an int or double: `low + k * step` up to `high`, or a continuum without a step.

    Attributes:
        low: The smallest value.
        high: The upper bound.
        step: The distance between two values; None for a continuous double.
        whole: Whether the values are integers.
    """

    low: Decimal
    high: Decimal
    step: Decimal | None
    whole: bool

    @property
    def count(self) -> int | None:
        """How many values there are, None for a continuum."""
        if self.low == self.high:
            return 1
        if self.step is None:
            return None
        return (Fraction(self.high) - Fraction(self.low)) // Fraction(self.step) + 1  # of any size

    @property
    def top(self) -> Decimal:
        """The greatest value: `high`, or the last point below it."""
        count = self.count
        return self.high if count is None or self.step is None else self.low + (count - 1) * self.step

    def nth(self, index: int) -> int | float:
        """The value at an index."""
        exact = self.exact(index)
        return int(exact) if self.whole else float(exact)

    def exact(self, index: int) -> Decimal:
        """The value at an index to its last digit."""
        return self.low + index * (self.step or 0)

    def nearest(self, number: float) -> int | float:
        """The value next to a number."""
        if self.step is None:
            return min(max(number, float(self.low)), float(self.high))
        steps: float | Fraction = (number - float(self.low)) / float(self.step)
        if not math.isfinite(steps):  # more of them than a float can count
            steps = (Fraction(number) - Fraction(self.low)) / Fraction(self.step)
        return self.nth(min(max(round(steps), 0), (self.count or 1) - 1))


def lattice(parameter: Parameter) -> Lattice:
    """The values of an int or double parameter; an int without a step has step 1, as in Katib."""
    space, whole = parameter.space, parameter.type == "int"
    step = space.step or ("1" if whole else "")
    return Lattice(Decimal(space.min), Decimal(space.max), Decimal(step) if step else None, whole)
