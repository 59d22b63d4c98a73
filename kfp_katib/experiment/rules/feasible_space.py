# SPDX-License-Identifier: Apache-2.0
"""Feasible spaces as the rules read them: ranges and their numbers, lists and their values."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass

from kfp_katib.experiment.problem import Finding, Rule
from kfp_katib.experiment.rules.paths import Part
from kfp_katib.experiment.rules.rule import Check
from kfp_katib.experiment.rules.view import View

TYPES = ("int", "double", "categorical", "discrete")
DISTRIBUTIONS = ("uniform", "logUniform", "normal", "logNormal")
UNKNOWN = "unknown"
"""A type and a distribution that Katib's webhook accepts and its services do not."""
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def number(text: str) -> float:
    """A decimal number; NaN, which compares with nothing, for any other text and for what overflows."""
    value = float(text) if _NUMBER.fullmatch(text) else math.nan
    return value if math.isfinite(value) else math.nan


def integer(text: str) -> int | None:
    """An integer of at most 18 digits, None for any other text."""
    return int(text) if re.fullmatch(r"[+-]?[0-9]{1,18}", text) else None


@dataclass(frozen=True, slots=True)
class Range:
    """The feasible space of an int or double: its texts, and their numbers; NaN if a text is not one.

    Attributes:
        path: Where it lies.
        kind: The parameter's type.
        name: The parameter's name.
        distribution: The distribution's name.
        min: The least value.
        max: The greatest value.
        step: The distance between two values.
    """

    path: str
    kind: str
    name: object
    distribution: str
    min: str
    max: str
    step: str
    low: float
    high: float
    width: float

    @property
    def least(self) -> float:
        """Where Optuna's service lets a logarithmic range begin."""
        return 1.0 if self.kind == "int" else 1e-10


def numbers(view: View) -> list[tuple[str, Part]]:
    """The parameters of type int and double."""
    return [each for each in view.parameters if each[1].get("parameterType") in ("int", "double")]


def lists(view: View) -> list[tuple[str, Part]]:
    """The parameters of type categorical and discrete."""
    return [each for each in view.parameters if each[1].get("parameterType") in ("categorical", "discrete")]


def ranges(view: View, kind: str = "") -> Iterator[Range]:
    """The feasible spaces of the parameters of type int and double, or of one of the two."""
    for path, parameter in numbers(view):
        if kind in ("", parameter["parameterType"]):
            yield range_of(path, parameter)


def range_of(path: str, parameter: Part) -> Range:
    """The feasible space of one parameter of type int or double."""
    space = parameter["feasibleSpace"]
    texts = [space.get(name, "") for name in ("min", "max", "step")]
    about = (f"{path}.feasibleSpace", parameter["parameterType"], parameter.get("name"))
    return Range(*about, space.get("distribution", "uniform"), *texts, *map(number, texts))


def arange(space: Range) -> tuple[int, bool] | None:
    """How many values numpy's `arange(min, max + step, step)` has, and whether its last is above max.

    None where that is unknown. Katib's services list the values of a double so; its rounding can lose the end
    of the range: of 0.1 to 0.5 by 0.2 the third value is above 0.5.
    """
    steps = (space.high + space.width - space.low) / space.width if space.width > 0 else math.nan
    if not space.low <= space.high or not math.isfinite(steps):
        return None
    count = math.ceil(steps)
    width = (space.low + space.width) - space.low
    return count, count > 0 and space.low + (count - 1) * width > space.high


def values(view: View, kind: str = "") -> Iterator[tuple[str, str]]:
    """Each value of the parameters of type categorical and discrete, or of one of the two, with its path."""
    for path, parameter in lists(view):
        if kind in ("", parameter["parameterType"]):
            for i, value in enumerate(parameter["feasibleSpace"].get("list", [])):
                yield f"{path}.feasibleSpace.list[{i}]", value


def of_range(
    about: Rule,
    field: str,
    wrong: Callable[[Range], object],
    message: str,
    fix: str,
    algorithms: Container[str] = (),
    kind: str = "",
) -> Check:
    """A rule about the range of an int or double, as a row of a table.

    Args:
        about: The rule.
        field: Which of the range's fields is at fault, empty for the range as a whole.
        wrong: Whether the range is at fault.
        message: What to say; `{it.min}` and its like, and `{algorithm}`, are filled in.
        fix: What to do.
        algorithms: The algorithms that it concerns; empty for all of them.
        kind: `int` or `double` if it concerns only that type.
    """

    def find(view: View) -> Iterator[Finding]:
        for it in ranges(view, kind) if not algorithms or view.algorithm in algorithms else ():
            if wrong(it):
                path = f"{it.path}.{field}" if field else it.path
                shown = message.format(it=it, algorithm=view.algorithm)
                yield Finding(path, shown, fix, getattr(it, field or "min"))

    return Check(about, find)
