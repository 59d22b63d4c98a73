# SPDX-License-Identifier: Apache-2.0
"""The allowed ranges of observables: which model is good enough is the user's to say."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from training.errors import OptionError
from training.options import choice


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
    return tuple(
        _threshold(file, choice(name, name=f"{file}: the observable", among=observables), bounds)
        for name, bounds in content.items()
    )


@dataclass(frozen=True)
class Judgement:
    """What an evaluation found of an observable that has a threshold."""

    threshold: Threshold
    value: float

    @property
    def passed(self) -> bool:
        """Whether it lies within its range."""
        return self.threshold.passes(self.value)

    def __str__(self) -> str:
        said = "passed" if self.passed else "failed"
        return f"{said}  {self.threshold.observable} = {self.value:.4g}, allowed {self.threshold}"


def judged(metrics: Mapping[str, float], thresholds: Iterable[Threshold]) -> tuple[Judgement, ...]:
    """Judge what an evaluation found, threshold by threshold."""
    return tuple(Judgement(threshold, metrics[threshold.observable]) for threshold in thresholds)


def _threshold(file: Path, name: str, bounds: object) -> Threshold:
    ends = bounds if isinstance(bounds, list) else []
    numbers = [end for end in ends if isinstance(end, int | float) and not isinstance(end, bool)]
    opens = [end for end in ends if end is None]
    if len(ends) == 2 and len(numbers) + len(opens) == 2:
        least, most = ends[0], ends[1]
        threshold = Threshold(
            name, -math.inf if least is None else float(least), math.inf if most is None else float(most)
        )
        if threshold.least <= threshold.most:
            return threshold
    raise OptionError(
        f"{file}: the threshold of {name!r} is {bounds!r}. Give [min, max], min not above max; null for an "
        f"open end."
    )
