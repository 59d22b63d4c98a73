# SPDX-License-Identifier: Apache-2.0
"""The page's sentences and tables, as text: numbers with as many digits as their errors leave."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from training.physics.compare import Evaluation
from training.physics.observables import OBJECTIVE, Estimate

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
EQUAL = {"auc": 0.5}
"""What two equal samples have, where it is not 0."""
COSTS = {
    "ms_per_shower_batch_1": ("time per shower, one by one", "ms"),
    "ms_per_shower_batch_100": ("time per shower, 100 at once", "ms"),
    "model_megabytes": ("size of the file", "MB"),
    "peak_memory_megabytes": ("peak memory", "MB"),
}
"""In words, and the units."""
SPELLINGS = {
    "auc": "AUC of a classifier",
    "fpd": "FPD",
    "kpd": "KPD",
    "l1": "L1",
    "wasserstein": "Wasserstein",
}
"""Of words in names, where it is not the word."""


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


@dataclass(frozen=True)
class Row:
    """One observable; numbers as `words` has them."""

    name: str
    model: list[str]
    floor: list[str]
    ratio: list[str]


def rows(model: Mapping[str, Estimate], floor: Mapping[str, Estimate]) -> list[Row]:
    """Compare the model with the floor, the objective first."""
    names = sorted(model, key=lambda name: name != OBJECTIVE)
    return [
        Row(
            label(name),
            words(model[name]),
            words(floor.get(name)),
            words(ratio(_away(name, model[name]), _away(name, floor[name]) if name in floor else None)),
        )
        for name in names
    ]


def costs(given: Mapping[str, float]) -> list[tuple[str, str]]:
    """Return what a shower costs, each with three digits and its unit."""
    named = [(*COSTS.get(name, (label(name), "")), value) for name, value in given.items()]
    return [(name, f"{text(Estimate(value))} {unit}".strip()) for name, unit, value in named]


def worst(evaluation: Evaluation) -> int | None:
    """Return which point has the largest physics distance; None where there is nothing to choose from."""
    found = [comparison.differences.get(OBJECTIVE) for comparison in evaluation.comparisons]
    values = [estimate.value if estimate else math.nan for estimate in found]
    if len(values) < 2 or not any(math.isfinite(value) for value in values):
        return None
    return max(range(len(values)), key=lambda point: values[point] if math.isfinite(values[point]) else -1.0)


def verdict(evaluation: Evaluation) -> str:
    """Say in one sentence what was compared and how good it is."""
    showers = sum(comparison.showers for comparison in evaluation.comparisons)
    points = len(evaluation.comparisons)
    mesh = evaluation.facts.get("mesh")
    on = f" on a mesh of {mesh.replace('x', ' × ')} cells" if mesh else ""
    at = "1 point" if points == 1 else f"{points} points"
    said = f"{evaluation.facts.get('model', 'The model')}{on}, {showers:,} showers at {at}"
    return f"{said}: {_distance(evaluation)}."


def _distance(evaluation: Evaluation) -> str:
    model, floor = evaluation.metrics.get(OBJECTIVE), evaluation.floor.get(OBJECTIVE)
    if model is None:
        return "no physics distance was measured"
    if floor is None:
        return f"physics distance {text(model)}"
    times = ratio(model, floor)
    said = f"physics distance {text(model)} against {text(floor)} of two samples of full simulation"
    return said if times is None else f"{said}, {text(Estimate(times.value))} times this floor"


def _away(name: str, estimate: Estimate) -> Estimate:
    """How far an observable is from what equal samples have."""
    equal = EQUAL.get(name)
    return estimate if equal is None else Estimate(abs(estimate.value - equal), estimate.error)


def label(name: str) -> str:
    """Write the name of an observable as words."""
    return " ".join(SPELLINGS.get(word, word) for word in name.split("_"))
