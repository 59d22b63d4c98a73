# SPDX-License-Identifier: Apache-2.0
"""The algorithms that learn beat chance; benchmarks/search_quality.py has the full table."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median

import pytest

from benchmarks.search.functions import FUNCTIONS
from benchmarks.search.searchers import Local, asked, search

QUICK = {"n_initial_points": "5", "acq_func": "EI"}
"""Fewer fits of the Gaussian process, and one acquisition function instead of three."""


def median_regret(
    algorithm: str, *, seeds: int, budget: int, settings: Mapping[str, str] | None = None
) -> float:
    """The median distance from Branin's minimum."""
    branin = FUNCTIONS["branin"]
    regrets = []
    for seed in range(seeds):
        chosen = {"random_state": str(seed), **(settings or {})}
        wanted = asked(algorithm, branin, chosen, parallel=3, budget=budget)
        regrets.append(search(Local(), branin, wanted).regret)
    return median(regrets)


@pytest.mark.parametrize(
    ("algorithm", "seeds", "budget", "settings"),
    [
        ("tpe", 5, 100, {}),
        ("multivariate-tpe", 5, 60, {}),
        ("cmaes", 9, 100, {}),
        ("bayesianoptimization", 3, 25, QUICK),
    ],
    ids=["tpe", "multivariate-tpe", "cmaes", "bayesianoptimization"],
)
def test_learning_beats_chance_on_branin(
    algorithm: str, seeds: int, budget: int, settings: dict[str, str]
) -> None:
    """The median of a few seeds, with the same budget for both."""
    learned = median_regret(algorithm, seeds=seeds, budget=budget, settings=settings)
    assert learned < median_regret("random", seeds=seeds, budget=budget)
