# SPDX-License-Identifier: Apache-2.0
"""Values that a user or an earlier search gives: whether they are in the feasible space, and their text."""

from __future__ import annotations

from decimal import Decimal

from kfp_katib.engines.local.search.space import Choices, Dimension, Numbers, Value
from kfp_katib.experiment.model import FeasibleSpace
from kfp_katib.results import number

_CLOSE = Decimal("1e-9")
"""How far from a value of a lattice its text may be, in steps: what arithmetic with floats leaves."""


def value_of(dim: Dimension, text: str) -> Value | None:
    """The value that an assignment's text stands for, None if it is not in the feasible space.

    A number may be written in any way; one between two values of a lattice is outside. A text of a list has
    to be that text.
    """
    if isinstance(dim, Choices):
        return text if text in dim.texts else None
    found = _number(dim, text)
    return None if found is None else dim.of(found)


def katib_text(dim: Dimension, text: str) -> str:
    """The text of a value of the space as Katib prints it: `16` for `16.0`."""
    return text if isinstance(dim, Choices) else str(_number(dim, text))


def _number(dim: Numbers, text: str) -> int | float | None:
    lattice, read = dim.lattice, number(text)
    if read is None:
        return None
    exact = Decimal(text)
    if not lattice.low <= exact <= lattice.high:
        return None
    if lattice.step is None or lattice.count == 1:
        return lattice.nearest(read)
    index = int(((exact - lattice.low) / lattice.step).to_integral_value())
    near = lattice.exact(index)
    off = abs(near - exact) > _CLOSE * lattice.step or near > lattice.high
    return None if off else lattice.nth(index)


def in_words(space: FeasibleSpace) -> str:
    """A feasible space as a message says it."""
    if space.list:
        return f"one of {', '.join(space.list)}"
    step = f", step {space.step}" if space.step else ""
    return f"min {space.min}, max {space.max}{step}"
