# SPDX-License-Identifier: Apache-2.0
"""An evaluation as plain numbers with names, and the ranges in which they are good enough.

The names are known before anything is evaluated; which model is good enough is the user's to say.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from training.errors import OptionError
from training.par04.generator import COSTS
from training.physics import differences
from training.physics.compare import DISTANCES, Evaluation

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
    *COSTS,
    SHOWERS,
)
"""Every name of `flat`, in order: what a threshold can be of."""


def flat(evaluation: Evaluation) -> dict[str, float]:
    """Return the numbers that training/README.md explains, by their names."""
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


@dataclass(frozen=True)
class Threshold:
    """The range in which an observable passes, ends included; infinite where an end is open."""

    observable: str
    least: float
    most: float

    def passes(self, value: float) -> bool:
        """Return whether the value lies within; what is not a number does not."""
        return self.least <= value <= self.most

    def __str__(self) -> str:
        if math.isinf(self.least) and math.isfinite(self.most):
            return f"at most {self.most:g}"
        return f"{self.least:g} to {self.most:g}" if math.isfinite(self.most) else f"at least {self.least:g}"


@dataclass(frozen=True)
class Judged:
    """One observable that has a threshold, what was found of it, and what is allowed."""

    observable: str
    value: float
    allowed: str
    passed: bool

    def __str__(self) -> str:
        said = "passed" if self.passed else "failed"
        return f"{said}  {self.observable} = {self.value:.4g}, allowed {self.allowed}"


def judged(metrics: Mapping[str, float], thresholds: Iterable[Threshold]) -> tuple[Judged, ...]:
    """Judge what an evaluation found, threshold by threshold."""
    found = ((each, metrics[each.observable]) for each in thresholds)
    return tuple(Judged(each.observable, value, str(each), each.passes(value)) for each, value in found)


def read_thresholds(file: Path, observables: Collection[str]) -> tuple[Threshold, ...]:
    """Read a JSON file such as ``{"energy_mean": [0, 0.05], "auc": [null, 0.9]}``; null is an open end.

    Args:
        file: The file.
        observables: What there can be thresholds of.

    Raises:
        OptionError: The file cannot be read, has another content, or names an observable that there is not.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as err:
        raise OptionError(f"{file}: no thresholds can be read from it ({err}). Write them as JSON.") from err
    if not isinstance(content, dict):
        raise OptionError(f"{file}: is not an object of JSON. Write {{observable: [min, max]}}.")
    if unknown := [name for name in content if name not in observables]:
        raise OptionError(
            f"{file}: the observable {unknown[0]!r} is not known. Use one of {', '.join(observables)}."
        )
    return tuple(_threshold(file, name, bounds) for name, bounds in content.items())


def _threshold(file: Path, name: str, bounds: object) -> Threshold:
    ends = bounds if isinstance(bounds, list) else []
    if len(ends) == 2 and all(type(end) in (int, float, type(None)) for end in ends):
        least, most = (
            default if end is None else float(end)
            for end, default in zip(ends, (-math.inf, math.inf), strict=True)
        )
        if least <= most:
            return Threshold(name, least, most)
    raise OptionError(
        f"{file}: the threshold of {name!r} is {bounds!r}. Give [min, max], min not above max; null for an "
        f"open end."
    )
