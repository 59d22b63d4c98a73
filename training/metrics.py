# SPDX-License-Identifier: Apache-2.0
"""An evaluation as plain numbers with names; the names are known before anything is evaluated."""

from __future__ import annotations

from training.par04 import costs
from training.physics import differences
from training.physics.compare import DISTANCES
from training.physics.comparison import Evaluation

OBJECTIVE = "physics_distance"
SHOWERS = "showers"
ENDINGS = {
    OBJECTIVE: ("", "_error", "_worst", "_floor"),
    **dict.fromkeys(DISTANCES, ("", "_error", "_floor")),
    **dict.fromkeys([name for name in differences.NAMES if name != OBJECTIVE], ("", "_worst", "_floor")),
}
"""Of each difference, which numbers there are; what is of all points together has no worst point."""
NAMES = (
    *(f"{name}{ending}" for name, endings in ENDINGS.items() for ending in endings),
    *costs.NAMES,
    SHOWERS,
)
"""Every name of `flat`, in order: what a threshold can be of."""


def flat(evaluation: Evaluation) -> dict[str, float]:
    """Return the numbers that `training.evaluate` explains, by their names."""
    found = {
        f"{name}{ending}": _number(evaluation, name, ending)
        for name, endings in ENDINGS.items()
        for ending in endings
    }
    showers = sum(comparison.showers for comparison in evaluation.comparisons)
    return {**found, **evaluation.costs, SHOWERS: float(showers)}


def _number(evaluation: Evaluation, name: str, ending: str) -> float:
    match ending:
        case "_error":
            return evaluation.metrics[name].error
        case "_worst":
            return max(one.differences[name].value for one in evaluation.comparisons)
        case "_floor":
            return evaluation.floor[name].value
    return evaluation.metrics[name].value
