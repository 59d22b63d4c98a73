# SPDX-License-Identifier: Apache-2.0
"""Functions to minimise, with known minima, on which searches are compared.

Branin and Hartmann as in Dixon and Szego (1978), with their usual constants. They are shifted to begin at
one: Katib's `bayesianoptimization` takes the logarithm of every double. The third has parameters of every
kind.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from kfp_katib.experiment.model import Parameter
from tests.builders.experiment import double, integer, one_of


@dataclass(frozen=True)
class TestFunction:
    """A function to minimise on a search space, with its known minimum."""

    minimum: float
    space: tuple[Parameter, ...]
    value: Callable[[Mapping[str, str]], float]


def branin(x: Sequence[float]) -> float:
    """Three equal minima in two dimensions."""
    b, c, t = 5.1 / (4 * math.pi**2), 5 / math.pi, 1 / (8 * math.pi)
    return (x[1] - b * x[0] ** 2 + c * x[0] - 6) ** 2 + 10 * (1 - t) * math.cos(x[0]) + 10


_ALPHA = (1.0, 1.2, 3.0, 3.2)
_A = (
    (10, 3, 17, 3.5, 1.7, 8),
    (0.05, 10, 17, 0.1, 8, 14),
    (3, 3.5, 1.7, 10, 17, 8),
    (17, 8, 0.05, 10, 0.1, 14),
)
_P = (
    (0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886),
    (0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991),
    (0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650),
    (0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381),
)


def hartmann6(x: Sequence[float]) -> float:
    """Six local minima in six dimensions."""
    return -sum(
        alpha * math.exp(-sum(a * (xi - p) ** 2 for a, xi, p in zip(row, x, centre, strict=True)))
        for alpha, row, centre in zip(_ALPHA, _A, _P, strict=True)
    )


def mixed(texts: Mapping[str, str]) -> float:
    """A bowl in four numbers, of which two are best on a line; its depth depends on two lists."""
    rate, decay = math.log10(float(texts["lr"])) + 3, math.log10(float(texts["decay"])) + 4
    dropout, layers = float(texts["dropout"]) - 0.2, int(texts["layers"]) - 5
    lists = {"adam": 0.0, "sgd": 0.1, "rmsprop": 0.2}[texts["optimizer"]]
    lists += {"relu": 0.05, "gelu": 0.0}[texts["activation"]]
    return rate**2 / 8 + (rate + decay) ** 2 / 16 + dropout**2 + layers**2 / 60 + lists


def _shifted(function: Callable[[Sequence[float]], float], *lows: float) -> Callable[..., float]:
    """The function of the parameters x0, x1, ..., each of which begins at one."""
    return lambda texts: function([float(texts[f"x{i}"]) - 1 + low for i, low in enumerate(lows)])


FUNCTIONS: Mapping[str, TestFunction] = {
    "branin": TestFunction(
        0.397887, (double("x0", "1", "16"), double("x1", "1", "16")), _shifted(branin, -5.0, 0.0)
    ),
    "hartmann6": TestFunction(
        -3.32237, tuple(double(f"x{i}", "1", "2") for i in range(6)), _shifted(hartmann6, *[0.0] * 6)
    ),
    "mixed": TestFunction(
        0.0,
        (
            double("lr", "0.00001", "0.1", distribution="logUniform"),
            double("decay", "0.000001", "0.01", distribution="logUniform"),
            double("dropout", "0.01", "0.6"),
            integer("layers", "1", "8"),
            one_of("optimizer", "adam", "sgd", "rmsprop"),
            one_of("activation", "relu", "gelu"),
        ),
        mixed,
    ),
}
