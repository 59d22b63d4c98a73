# SPDX-License-Identifier: Apache-2.0
"""A feasible space as coordinates that any sampler can use, and back to the text that Katib prints.

Every dimension maps the unit interval to its values, so that random numbers, Sobol points, CMA-ES and
Gaussian processes all search the same cube. The study records a `Value`: the number itself, or its quantile
if Optuna has no type for the distribution.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from statistics import NormalDist
from typing import Any

from kfp_katib.experiment.lattice import Lattice, lattice
from kfp_katib.experiment.model import Distribution, Experiment, Parameter
from kfp_katib.experiment.rungs import searched

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
    """An int or double parameter.

    Attributes:
        name: The parameter's name.
        lattice: Its values.
        shape: Katib's distribution.
    """

    name: str
    lattice: Lattice
    shape: Distribution

    @property
    def label(self) -> str:
        """The parameter's name in the study, which says whether the study holds quantiles."""
        return f"{self.name} (quantile)" if self._by_quantile else self.name

    @property
    def count(self) -> int | None:
        """How many values there are, None for a continuum."""
        return self.lattice.count

    @property
    def span(self) -> float:
        """The range in the distribution's own scale: plain, or logarithmic."""
        start, end = self._ends()
        return end - start

    def nth(self, index: int) -> Value:
        """The value at an index of the lattice."""
        return self.of(self.lattice.nth(index))

    def of(self, number: int | float) -> Value:
        """The value that a number of the range stands for."""
        return self._unit(float(number)) if self._by_quantile else number

    def at(self, unit: float) -> Value:
        """The value at a point of the unit interval, by the distribution's quantile function."""
        return unit if self._by_quantile else self._number(unit)

    def unit(self, value: Value) -> float:
        """The point of the unit interval where a value lies; the inverse of `at`."""
        return float(value) if self._by_quantile else self._unit(float(value))

    def text(self, value: Value) -> str:
        """The value as Katib prints it: `32` for an int, Python's shortest form for a double."""
        return str(self._number(float(value)) if self._by_quantile else self.lattice.nearest(float(value)))

    def stored(self, value: Value) -> float:
        """The value as the journal holds it."""
        return float(value)

    def value(self, stored: float) -> Value:
        """The inverse of `stored`."""
        return int(stored) if self.lattice.whole and not self._by_quantile else stored

    def has(self, stored: float) -> bool:
        """Whether a stored number can be a value; one between two values counts as the nearer."""
        return math.isfinite(stored)

    def distribution(self) -> dict[str, Any]:
        """This dimension as Optuna's distribution."""
        if self._by_quantile:
            return _optunas("Float", step=None, low=0.0, high=1.0, log=False)
        log, values = self.shape == "logUniform", self.lattice
        if values.whole:
            ends = {"low": int(values.low), "high": int(values.top)}
            return _optunas("Int", log=log, step=int(values.step or 1), **ends)
        step = None if values.step is None or self.count == 1 else float(values.step)
        return _optunas("Float", step=step, low=float(values.low), high=float(values.top), log=log)

    @property
    def _by_quantile(self) -> bool:
        """Whether Optuna lacks the type: normal, logarithmic with a step, or a lattice beyond floats."""
        values = self.lattice
        if self.shape == "logUniform":
            return values.step is not None and not (values.whole and values.step == 1)
        exact = values.step is None or all(map(_is_float, (values.low, values.top, values.step)))
        return self.shape in ("normal", "logNormal") or not exact

    def _number(self, unit: float) -> int | float:
        if self.count == 1:
            return self.lattice.nearest(float(self.lattice.low))
        start, end = self._ends()
        return self.lattice.nearest(self._scale()[1](start + unit * (end - start)))

    def _unit(self, number: float) -> float:
        if self.count == 1:
            return 0.5
        start, end = self._ends()
        return min(max((self._scale()[0](number) - start) / (end - start), 0.0), 1.0)

    def _ends(self) -> tuple[float, float]:
        """The unit interval's ends in the distribution's scale; half a step wider on a lattice.

        This gives every lattice point, the ends too, an equal share of a uniform distribution.
        """
        values = self.lattice
        low, high, half = float(values.low), float(values.top), float(values.step or 0) / 2
        forward = self._scale()[0]
        logarithmic = self.shape in ("logUniform", "logNormal")
        return forward(max(low - half, low / 2) if logarithmic else low - half), forward(high + half)

    def _scale(self) -> tuple[Callable[[float], float], Callable[[float], float]]:
        """The cumulative distribution before truncation, and its inverse.

        A normal one has its mean in the middle of the range and a sixth of the range as standard deviation,
        for logNormal those of the logarithm, as in Katib's hyperopt service (`create_hyperopt_domain`).
        """
        low, high = self.lattice.low, self.lattice.high
        if self.shape == "uniform" or low == high:
            return float, float
        if self.shape == "logUniform":
            return math.log, math.exp
        if self.shape == "normal":
            bell = _bell(float(low), float(high))
            return bell.cdf, bell.inv_cdf
        log_bell = _bell(math.log(low), math.log(high))
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
    """The dimension of one parameter.

    A logarithmic range from zero or below starts where Katib's service for the algorithm makes it start. The
    services that ignore the distribution draw uniformly, and so do we if there is no logarithm.
    """
    space = parameter.space
    if parameter.type in ("categorical", "discrete"):
        return Choices(parameter.name, space.list)
    values, shape = lattice(parameter), space.distribution
    if shape == "logUniform" and algorithm in _RAISED and values.high > 0:
        least = Decimal(1) if values.whole else Decimal("1e-10")
        values = replace(values, low=max(values.low, min(least, values.high)))
    elif shape in ("logUniform", "logNormal") and values.low <= 0:
        shape = "uniform"
    return Numbers(parameter.name, values, shape)


def dimensions(experiment: Experiment) -> tuple[Dimension, ...]:
    """The search space of an Experiment, in the manifest's order."""
    algorithm = experiment.algorithm
    return tuple(dimension(searched(each, algorithm), algorithm.name) for each in experiment.parameters)
