# SPDX-License-Identifier: Apache-2.0
"""Parameter importances by PED-ANOVA (https://arxiv.org/abs/2304.10255): the numbers of `optuna.importance`.

Where the best trials' values of a parameter are spread otherwise than those of all trials, it decides. Both
are smoothed on a grid, and the importance is the mean square of how far their ratio is from 1. Nothing is
drawn at random: the same trials have the same importances.

`optuna.importance` gives the same numbers, which a test makes sure of; but importing it imports scikit-learn,
and that takes longer than a whole report.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

TOP = 0.1
"""The part of the trials that counts as the best."""
MOST_CELLS = 50
_PRIOR = 1.0
_NARROWEST = 0.5 / 1.64
"""A kernel's standard deviation, in cells: nine tenths of it stay in its own cell."""
_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Column:
    """The values of one parameter, trial by trial, as cells of a grid.

    Attributes:
        places: The cell of each trial, None where it does not have the parameter.
        cells: How many cells there are.
        ordered: Whether neighbours are near each other: numbers are, categories are not.
    """

    places: Sequence[int | None]
    cells: int
    ordered: bool


def importances(
    columns: Mapping[str, Column], values: Sequence[float], *, maximize: bool
) -> dict[str, float]:
    """The parts of the parameters, which add up to 1; all the same where none decides anything.

    Args:
        columns: The parameters.
        values: The objective, trial by trial.
        maximize: Whether the largest values are the best.
    """
    best = _best(values, maximize=maximize)
    found = {name: _importance(column, best) for name, column in columns.items()}
    whole = sum(found.values())
    return {name: each / whole if whole else 1 / len(found) for name, each in found.items()}


def _best(values: Sequence[float], *, maximize: bool) -> list[bool]:
    """Which trials are among the best, all equals of the last of them included."""
    worst = sorted(values, reverse=maximize)[math.ceil(TOP * len(values)) - 1]
    return [value >= worst if maximize else value <= worst for value in values]


def _importance(column: Column, best: Sequence[bool]) -> float:
    having = [place for place in column.places if place is not None]
    top = [place for place, good in zip(column.places, best, strict=True) if good and place is not None]
    if len(having) < 2 or not top:
        return 0.0
    smooth = _of_numbers if column.ordered else _of_categories
    local, chosen = smooth(having, column.cells), smooth(top, column.cells)
    divergence = sum(
        here * ((there + _TINY) / here - 1) ** 2
        for here, there in zip((each + _TINY for each in local), chosen, strict=True)
    )
    among_top, among_all = len(top) / sum(best), len(having) / len(best)
    return among_top**2 / among_all * divergence


def _of_numbers(places: Sequence[int], cells: int) -> list[float]:
    """The share of each cell: a normal distribution around each place, and a wide one for all."""
    counts = sorted(Counter(places).items())
    width = _width(counts, len(places))
    kernels = [(float(place), width, float(count)) for place, count in counts]
    kernels.append(((cells - 1) / 2, float(cells), _PRIOR))
    shares = [0.0] * cells
    for middle, deviation, weight in kernels:
        below = [math.erf((cell - 0.5 - middle) / deviation / math.sqrt(2)) for cell in range(cells + 1)]
        scale = weight / (len(places) + _PRIOR) / (below[-1] - below[0])
        for cell in range(cells):
            shares[cell] += scale * (below[cell + 1] - below[cell])
    return shares


def _width(counts: Sequence[tuple[int, int]], total: int) -> float:
    """Scott's rule, by the smaller of the standard deviation and what the quartiles say of it."""
    mean = sum(place * count for place, count in counts) / total
    squares = sum((place - mean) ** 2 * count for place, count in counts)
    deviation = math.sqrt(squares / max(1, total - 1))
    known, low, high = 0, None, counts[-1][0]
    for place, count in counts:
        known += count
        low = place if low is None and known >= total // 4 else low
        if known > total * 3 // 4:
            high = place
            break
    quartiles = (high - (low or 0)) / 1.34
    return max(1.059 * min(quartiles, deviation) / math.pow(total, 0.2), _NARROWEST)


def _of_categories(places: Sequence[int], cells: int) -> list[float]:
    """The share of each category, each with a little of all others."""
    counts = Counter(places)
    kernels = len(counts) + 1
    little = len(places) / (cells + kernels) + _PRIOR / cells
    return [
        (little + counts[cell] * kernels / (cells + kernels)) / (len(places) + _PRIOR)
        for cell in range(cells)
    ]
