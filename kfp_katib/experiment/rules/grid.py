# SPDX-License-Identifier: Apache-2.0
"""The algorithm grid: it lists every combination, so every parameter needs a step or a list."""

from __future__ import annotations

import math
from collections.abc import Iterator

from kfp_katib.experiment.problem import Finding
from kfp_katib.experiment.rules.numbers import integer, lattice, number
from kfp_katib.experiment.rules.parameters import bounds, numeric, stepless
from kfp_katib.experiment.rules.rule import rule
from kfp_katib.experiment.rules.view import Part, View

_LARGEST_GRID = 1_000_000
_COUNTABLE = 10**15


@rule("grid-step-missing")
def grid_step_missing(view: View) -> Iterator[Finding]:
    """`grid` needs a step for every double."""
    yield from stepless(view, "grid")


@rule("grid-smaller-than-budget")
def grid_smaller_than_budget(view: View) -> Iterator[Finding]:
    """`grid`'s service refuses a maxTrialCount above the number of combinations."""
    count, most = _grid_size(view), view.spec.get("maxTrialCount", 0)
    if view.algorithm == "grid" and count is not None and 0 < count < most:
        message = f"The grid has {count} combinations, maxTrialCount is {most}."
        yield Finding("spec.maxTrialCount", message, f"Set it to {count} or less.", most)


@rule("grid-too-large", severity="warning")
def grid_too_large(view: View) -> Iterator[Finding]:
    """`grid`'s service lists every combination in memory before the first trial."""
    count = _grid_size(view)
    if view.algorithm == "grid" and count is not None and count > _LARGEST_GRID:
        shown = str(count) if count < _COUNTABLE else f"more than {_COUNTABLE:.0e}"
        yield Finding("spec.parameters", f"The grid has {shown} combinations.", "Use longer steps.")


@rule("grid-end-lost", severity="warning")
def grid_end_lost(view: View) -> Iterator[Finding]:
    """Rounding costs grid the end of a double's range, although max is min plus whole steps."""
    for path, parameter, space in numeric(view):
        points = _points(parameter)
        (low, high), step = bounds(space), number(space.get("step", ""))
        if view.algorithm != "grid" or not points or not step or low is None or high is None:
            continue
        steps = (high - low) / step
        if (
            parameter["parameterType"] == "double"
            and abs(steps - round(steps)) < 1e-9
            and points <= round(steps)
        ):
            message = f"grid has {points} points, and {space['max']} is not among them."
            yield Finding(
                f"{path}.max", message, "List the values as discrete, or raise max a little.", points
            )


def _points(parameter: Part) -> int | None:
    """How many values grid takes from a parameter, None where it cannot say."""
    space = parameter["feasibleSpace"]
    if parameter.get("parameterType") in ("categorical", "discrete"):
        return len(space.get("list", []))
    if parameter.get("parameterType") == "int":
        low, high = integer(space.get("min", "")), integer(space.get("max", ""))
        step = integer(space.get("step", "") or "1")
        return (
            None if low is None or high is None or not step or step < 0 else len(range(low, high + 1, step))
        )
    (low_, high_), width = bounds(space), number(space.get("step", ""))
    if low_ is None or high_ is None or not width or width < 0 or low_ > high_:
        return None
    return lattice(low_, high_, width)


def _grid_size(view: View) -> int | None:
    counts = [_points(parameter) for _, parameter in view.parameters]
    return None if None in counts else math.prod(count for count in counts if count is not None)
