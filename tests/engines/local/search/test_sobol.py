# SPDX-License-Identifier: Apache-2.0
"""Sobol's sequence covers the space evenly."""

from __future__ import annotations

from scipy.stats import qmc

from tests.builders.experiment import double, integer
from tests.engines.local.search.searching import experiment, run, search

SQUARE = (double("b", "0", "1"), double("a", "0", "1"))


def points(algorithm: str, count: int, seed: str = "1") -> list[list[float]]:
    """The first points of an algorithm on the unit square."""
    settings = {"random_state": seed} if algorithm == "random" else {}
    trials = run(search(experiment(algorithm, SQUARE, settings=settings)), count, lambda texts: 1.0)
    return [[float(texts["a"]), float(texts["b"])] for texts in trials]


def test_its_discrepancy_is_below_that_of_random() -> None:
    """For 32 points, against the most even of ten random searches."""
    even = qmc.discrepancy(points("sobol", 32))
    assert even < min(qmc.discrepancy(points("random", 32, str(seed))) for seed in range(10))


def test_its_first_points_are_those_of_katib() -> None:
    """Goptuna leaves out the point zero, and gives coordinates to the parameters by their names."""
    assert points("sobol", 3) == [[0.5, 0.5], [0.75, 0.25], [0.25, 0.75]]


def test_an_int_reaches_its_max() -> None:
    """Goptuna's integers never do."""
    trials = run(search(experiment("sobol", (integer("x", "1", "4"),))), 8, lambda texts: 1.0)
    assert {texts["x"] for texts in trials} == {"1", "2", "3", "4"}
