# SPDX-License-Identifier: Apache-2.0
"""The trials that have a value, and a fair choice of them where there are more than can be drawn."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from kfp_katib.results import Result, Trial, minimized, objective_text, objective_value
from kfp_katib.results.brief import figures

_DIGITS = 9  # finer than a pixel at any zoom that shows something
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Point:
    """A trial with a finite objective.

    Attributes:
        number: Its place in the order of creation, from 1 as the table counts.
        value: Its objective.
        text: The same with all digits, as Katib has it.
        record: Whether it was the best so far.
    """

    number: int
    trial: Trial
    value: float
    text: str
    record: bool


def points(result: Result) -> list[Point]:
    """The trials that have a finite objective, in order of creation."""
    return list(_points(result))


def _points(result: Result) -> Iterator[Point]:
    objective, best = result.experiment.objective, math.inf
    for number, trial in enumerate(result.trials, 1):
        if (value := objective_value(trial, objective)) is not None:
            against = minimized(value, objective)
            record, best = against < best, min(best, against)
            yield Point(number, trial, value, objective_text(trial, objective), record)


def thinned(given: Sequence[Point], most: int) -> list[Point]:
    """At most so many, evenly spread over the search, and every record among them where there is room."""
    if len(given) <= most:
        return list(given)
    records = [point for point in given if point.record][-most:]
    others = spread([point for point in given if not point.record], most - len(records))
    return sorted((*records, *others), key=lambda point: point.number)


def spread(given: Sequence[Item], most: int) -> list[Item]:
    """At most so many, at even distances."""
    if len(given) <= most:
        return list(given)
    return [given[place * len(given) // most] for place in range(most)]


def how_many(drawn: int, known: int, what: str = "trials", which: str = "evenly spread") -> str:
    """A sentence where not everything is drawn."""
    return "" if drawn == known else f"{drawn:,} of {known:,} {what} are drawn, {which}."


def drawable(value: float) -> float:
    """A number without the digits that nobody could see."""
    return float(f"{value:.{_DIGITS}g}")


def short(value: float) -> str:
    """A number as a sentence or a label shows it."""
    return figures(repr(value)).removesuffix(".0")


def sentences(parts: Iterable[str]) -> str:
    """Those that are not empty, one after the other."""
    return " ".join(part for part in parts if part)
