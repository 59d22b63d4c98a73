# SPDX-License-Identifier: Apache-2.0
"""The algorithms that learn find better values than chance; the full table is benchmarks/search_quality.py."""

from __future__ import annotations

from statistics import median

import pytest

from benchmarks.search_quality import FUNCTIONS, search


def median_regret(algorithm: str, *, seeds: int, budget: int) -> float:
    """The median distance from Branin's minimum."""
    return median(
        search(algorithm, FUNCTIONS["branin"], seed=seed, budget=budget).regret for seed in range(seeds)
    )


@pytest.mark.parametrize(
    ("algorithm", "seeds", "budget"),
    [("tpe", 9, 100), ("multivariate-tpe", 9, 60), ("cmaes", 9, 100), ("bayesianoptimization", 3, 20)],
)
def test_learning_beats_chance_on_branin(algorithm: str, seeds: int, budget: int) -> None:
    """The median of a few seeds, with the same budget for both."""
    learned = median_regret(algorithm, seeds=seeds, budget=budget)
    assert learned < median_regret("random", seeds=seeds, budget=budget)
