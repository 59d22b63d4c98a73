# SPDX-License-Identifier: Apache-2.0
"""The page's sentence and its tables, as text."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from training.physics.comparison import Estimate, Evaluation
from training.report.numbers import ratio, text, words

OBJECTIVE = "physics_distance"
"""What a search minimises: the first of the metrics."""
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


@dataclass(frozen=True)
class Judged:
    """One observable that has a threshold, what was found of it, and what is allowed."""

    observable: str
    value: float
    allowed: str
    passed: bool


@dataclass(frozen=True)
class Row:
    """One observable; numbers as `training.report.numbers.words` has them."""

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


def passed(judged: Sequence[Judged]) -> str:
    """Say in one sentence whether the model is good enough; nothing where nothing was judged."""
    missed, total = sum(not each.passed for each in judged), len(judged)
    if missed:
        return f"Not passed: {missed} of {total} threshold{'s' * (total > 1)} missed."
    if total > 1:
        return f"Passed: all {total} thresholds are kept."
    return "Passed: the threshold is kept." if judged else ""


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
