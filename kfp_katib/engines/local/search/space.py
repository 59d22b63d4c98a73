# SPDX-License-Identifier: Apache-2.0
"""A feasible space as coordinates that any sampler can use, and back to the text that Katib prints.

Every dimension maps the unit interval to its values, so that random numbers, Sobol points, CMA-ES and
Gaussian processes all search the same cube. The study records a `Value`: the number itself, or its quantile
if Optuna has no type for the distribution.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from statistics import NormalDist
from typing import Any

from kfp_katib.experiment.model import Distribution, Parameter

Value = int | float | str
Values = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Choices:
    """A categorical or discrete parameter: one of a list, always text, as in Katib's services."""

    name: str
    texts: tuple[str, ...]

    @property
    def label(self) -> str:
        """The parameter's name in the study."""
        return self.name

    @property
    def count(self) -> int:
        """How many values there are."""
        return len(self.texts)

    def nth(self, index: int) -> Value:
        """The value at an index of the list."""
        return self.texts[index]

    def at(self, unit: float) -> Value:
        """The value at a point of the unit interval; every value gets an equal share of it."""
        return self.texts[min(int(unit * self.count), self.count - 1)]

    def text(self, value: Value) -> str:
        """The value as Katib prints it."""
        return str(value)

    def stored(self, value: Value) -> float:
        """The value as the journal holds it: its index in the list."""
        return self.texts.index(str(value))

    def value(self, stored: float) -> Value:
        """The inverse of `stored`."""
        return self.texts[int(stored)]

    def has(self, stored: float) -> bool:
        """Whether a stored number is the index of a value."""
        return stored in range(self.count)

    def distribution(self) -> dict[str, Any]:
        """This dimension as Optuna's distribution."""
        return {"name": "CategoricalDistribution", "attributes": {"choices": list(self.texts)}}


@dataclass(frozen=True, slots=True)
class Numbers:
    """An int or double parameter, on the lattice `low + k * step` if it has a step.

    Attributes:
        name: The parameter's name.
        whole: Whether the values are integers.
        low: The smallest value.
        high: The upper bound.
        step: The lattice's step; None for a continuous double.
        shape: Katib's distribution.
    """

    name: str
    whole: bool
    low: Decimal
    high: Decimal
    step: Decimal | None
    shape: Distribution

    @property
    def label(self) -> str:
        """The parameter's name in the study, which says whether the study holds quantiles."""
        return f"{self.name} (quantile)" if self._by_quantile else self.name

    @property
    def count(self) -> int | None:
        """How many values there are, None for a continuum."""
        if self.low == self.high:
            return 1
        return None if self.step is None else int((self.high - self.low) // self.step) + 1

    @property
    def span(self) -> float:
        """The range in the distribution's own scale: plain, or logarithmic."""
        start, end = self._ends()
        return end - start

    def nth(self, index: int) -> Value:
        """The value at an index of the lattice."""
        exact = self.low + index * (self.step or 0)
        if self._by_quantile:
            return self._unit(float(exact))
        return int(exact) if self.whole else float(exact)

    def at(self, unit: float) -> Value:
        """The value at a point of the unit interval, by the distribution's quantile function."""
        return unit if self._by_quantile else self._number(unit)

    def unit(self, value: Value) -> float:
        """The point of the unit interval where a value lies; the inverse of `at`."""
        return float(value) if self._by_quantile else self._unit(float(value))

    def text(self, value: Value) -> str:
        """The value as Katib prints it: `32` for an int, Python's shortest form for a double."""
        return str(self._number(float(value)) if self._by_quantile else self._snapped(float(value)))

    def stored(self, value: Value) -> float:
        """The value as the journal holds it."""
        return float(value)

    def value(self, stored: float) -> Value:
        """The inverse of `stored`."""
        return int(stored) if self.whole and not self._by_quantile else stored

    def has(self, stored: float) -> bool:
        """Whether a stored number can be a value; one between two values counts as the nearer."""
        return math.isfinite(stored)

    def distribution(self) -> dict[str, Any]:
        """This dimension as Optuna's distribution."""
        if self._by_quantile:
            return _optunas("Float", step=None, low=0.0, high=1.0, log=False)
        log = self.shape == "logUniform"
        if self.whole:
            low, high, step = int(self.low), int(self._top), int(self.step or 1)
            return _optunas("Int", log=log, step=step, low=low, high=high)
        lattice = None if self.step is None or self.count == 1 else float(self.step)
        return _optunas("Float", step=lattice, low=float(self.low), high=float(self._top), log=log)

    @property
    def _by_quantile(self) -> bool:
        """Whether Optuna lacks the type: normal, logarithmic with a step, or a lattice beyond floats."""
        if self.shape == "logUniform":
            return self.step is not None and not (self.whole and self.step == 1)
        lattice_of_floats = self.step is None or all(map(_is_float, (self.low, self._top, self.step)))
        return self.shape in ("normal", "logNormal") or not lattice_of_floats

    @property
    def _top(self) -> Decimal:
        """The greatest value: `high`, or the last lattice point below it."""
        count = self.count
        return self.high if count is None or self.step is None else self.low + (count - 1) * self.step

    def _number(self, unit: float) -> int | float:
        if self.count == 1:
            return self._snapped(float(self.low))
        start, end = self._ends()
        return self._snapped(self._scale()[1](start + unit * (end - start)))

    def _unit(self, number: float) -> float:
        if self.count == 1:
            return 0.5
        start, end = self._ends()
        return min(max((self._scale()[0](number) - start) / (end - start), 0.0), 1.0)

    def _snapped(self, number: float) -> int | float:
        """The nearest feasible value; decimal arithmetic, so that 0.1 + 0.2 is 0.3."""
        if self.step is None:
            return min(max(number, float(self.low)), float(self.high))
        index = round((number - float(self.low)) / float(self.step))
        exact = self.low + min(max(index, 0), (self.count or 1) - 1) * self.step
        return int(exact) if self.whole else float(exact)

    def _ends(self) -> tuple[float, float]:
        """The unit interval's ends in the distribution's scale; half a step wider on a lattice.

        This gives every lattice point, the ends too, an equal share of a uniform distribution.
        """
        low, high, half = float(self.low), float(self._top), float(self.step or 0) / 2
        forward = self._scale()[0]
        logarithmic = self.shape in ("logUniform", "logNormal")
        return forward(max(low - half, low / 2) if logarithmic else low - half), forward(high + half)

    def _scale(self) -> tuple[Callable[[float], float], Callable[[float], float]]:
        """The cumulative distribution before truncation, and its inverse.

        A normal one has its mean in the middle of the range and a sixth of the range as standard deviation,
        for logNormal those of the logarithm, as in Katib's hyperopt service (`create_hyperopt_domain`).
        """
        if self.shape == "uniform" or self.low == self.high:
            return float, float
        if self.shape == "logUniform":
            return math.log, math.exp
        if self.shape == "normal":
            bell = _bell(float(self.low), float(self.high))
            return bell.cdf, bell.inv_cdf
        log_bell = _bell(math.log(self.low), math.log(self.high))
        return (lambda x: log_bell.cdf(math.log(x))), (lambda share: math.exp(log_bell.inv_cdf(share)))


Dimension = Choices | Numbers


def _optunas(kind: str, **attributes: Any) -> dict[str, Any]:
    return {"name": f"{kind}Distribution", "attributes": attributes}


def _is_float(number: Decimal) -> bool:
    """Whether a float holds the number to its last digit, as Optuna's lattices require."""
    return Decimal(repr(float(number))) == number


def _bell(low: float, high: float) -> NormalDist:
    return NormalDist((low + high) / 2, (high - low) / 6)


_RAISED = ("multivariate-tpe", "grid")
"""The algorithms of Katib's Optuna service, which raises a lower bound that has no logarithm."""


def dimension(parameter: Parameter, algorithm: str = "") -> Dimension:
    """The dimension of one parameter; an int without a step has step 1, as in Katib.

    A logarithmic range from zero or below starts where Katib's service for the algorithm makes it start. The
    services that ignore the distribution draw uniformly, and so do we if there is no logarithm.
    """
    space = parameter.space
    if parameter.type in ("categorical", "discrete"):
        return Choices(parameter.name, space.list)
    whole, shape = parameter.type == "int", space.distribution
    low, high = Decimal(space.min), Decimal(space.max)
    if shape == "logUniform" and algorithm in _RAISED:
        low = max(low, min(Decimal(1) if whole else Decimal("1e-10"), high))
    elif shape in ("logUniform", "logNormal") and low <= 0:
        shape = "uniform"
    step = space.step or ("1" if whole else "")
    return Numbers(parameter.name, whole, low, high, Decimal(step) if step else None, shape)
