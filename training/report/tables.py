# SPDX-License-Identifier: Apache-2.0
"""The page's sentences and tables, as text: numbers with as many digits as their errors leave."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from training.physics.compare import Evaluation
from training.physics.observables import OBJECTIVE, Estimate

Row = tuple[str, list[str], list[str], list[str]]
"""An observable; then model, floor and their ratio, as `words` has them."""
NONE = "–"
"""Stands where there is no number."""
ERROR_DIGITS = 2
VALUE_DIGITS = 3
"""Of a number without an error."""
MOST_DECIMALS = 9
PLAIN = range(-3, 5)
"""Powers of ten that are written out."""
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
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
    value, error = Decimal(estimate.value), Decimal(estimate.error if math.isfinite(estimate.error) else 0)
    power = max(abs(value), error).adjusted()
    power = 0 if power in PLAIN else power
    last = _last_digit(error, ERROR_DIGITS) if error else _last_digit(value, VALUE_DIGITS)
    decimals = min(power - last, MOST_DECIMALS)
    head, tail = (f"{round(one.scaleb(-power), decimals):f}".replace("-", "−") for one in (value, error))
    times = f" × 10{str(power).translate(SUPERSCRIPTS)}" if power else ""
    if not error:
        return [head + times if value else "0"]
    tail = f"±\N{NO-BREAK SPACE}{tail}"
    return [f"({head}", f"{tail}){times}"] if power else [head, tail]


def _last_digit(number: Decimal, digits: int) -> int:
    """The power of ten of the last of so many significant digits, once the number is rounded to them."""
    return Decimal(f"{number:.{digits - 1}e}").adjusted() - digits + 1


def text(estimate: Estimate) -> str:
    """Return a number that stays on one line."""
    return "\N{NO-BREAK SPACE}".join(words(estimate))


def ratio(model: Estimate, floor: Estimate) -> Estimate | None:
    """Return how many floors a model is away; None where the floor is zero within its error."""
    if floor.value <= floor.error:
        return None
    value = model.value / floor.value
    return Estimate(value, math.hypot(model.error, value * floor.error) / floor.value)


def rows(model: Mapping[str, Estimate], floor: Mapping[str, Estimate]) -> list[Row]:
    """Compare the model with the floor, observable by observable."""
    return [
        (label(name), words(found), words(floor[name]), words(ratio(*_away(name, found, floor[name]))))
        for name, found in model.items()
    ]


def _away(name: str, *estimates: Estimate) -> Sequence[Estimate]:
    """How far they are from what equal samples have, which is 0, and for an AUC 0.5."""
    return [replace(one, value=abs(one.value - 0.5)) for one in estimates] if name == "auc" else estimates


def costs(given: Mapping[str, float]) -> list[tuple[str, str]]:
    """Return what a shower costs, each with three digits and its unit."""
    named = [(*COSTS[name], Estimate(value)) for name, value in given.items()]
    return [(name, f"{text(estimate)} {unit}") for name, unit, estimate in named]


def worst(evaluation: Evaluation) -> int | None:
    """Return which point has the largest physics distance; None where there is nothing to choose from."""
    distances = [comparison.differences[OBJECTIVE].value for comparison in evaluation.comparisons]
    return distances.index(max(distances)) if len(distances) > 1 else None


def verdict(evaluation: Evaluation) -> str:
    """Say in one sentence what was compared and how good it is."""
    showers, points = sum(one.showers for one in evaluation.comparisons), len(evaluation.comparisons)
    mesh = evaluation.facts["mesh"].replace("x", " × ")
    model, floor = evaluation.metrics[OBJECTIVE], evaluation.floor[OBJECTIVE]
    times = ratio(model, floor)
    return (
        f"The model on a mesh of {mesh} cells, {showers:,} showers at {points} point{'s' * (points > 1)}: "
        f"physics distance {text(model)} against {text(floor)} of two samples of full simulation"
        f"{f', {text(Estimate(times.value))} times this floor' if times else ''}."
    )


def label(name: str) -> str:
    """Write the name of an observable as words."""
    return " ".join(SPELLINGS.get(word, word) for word in name.split("_"))
