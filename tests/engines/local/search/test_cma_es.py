# SPDX-License-Identifier: Apache-2.0
"""CMA-ES converges, starts again where it is told to, and takes the settings of Katib's service."""

from __future__ import annotations

import random
from collections.abc import Mapping

import pytest

from kfp_katib.engines.local.search.cma_es import _Restarts as Restarts
from tests.builders.experiment import double, one_of
from tests.engines.local.search.searching import asked, experiment, run, search

SQUARE = (double("x", "-5", "5"), double("y", "0", "1000"))


def sphere(texts: Mapping[str, str]) -> float:
    """Least at x = 2, y = 300."""
    return ((float(texts["x"]) - 2) / 10) ** 2 + ((float(texts["y"]) - 300) / 1000) ** 2


def flat(texts: Mapping[str, str]) -> float:
    """No direction to go: the strategy stops after its history is full of equal values."""
    return 1.0


def trials(count: int, **settings: str) -> list[Mapping[str, str]]:
    """The first trials on the sphere."""
    return run(search(experiment("cmaes", SQUARE, settings={"random_state": "1", **settings})), count, sphere)


def test_it_converges_on_ranges_of_any_size() -> None:
    """The first step is a sixth of each range, so that a large range is searched as fast as a small one."""
    last = trials(200)[-1]
    assert float(last["x"]) == pytest.approx(2, abs=0.05)
    assert float(last["y"]) == pytest.approx(300, abs=5)


def test_it_starts_in_the_middle() -> None:
    """The first points lie around the middle of the space."""
    first = [float(texts["x"]) for texts in trials(6, sigma="0.001")]
    assert max(map(abs, first)) < 0.01


@pytest.mark.parametrize("sigma", ["1e-320", "1e-200", "1e12", "1e200", "1e308"])
def test_a_step_of_any_size_is_a_search(sigma: str) -> None:
    """One far beyond the range ends at its edges, one far below it stays in the middle."""
    for texts in trials(30, sigma=sigma):
        assert -5 <= float(texts["x"]) <= 5
        assert 0 <= float(texts["y"]) <= 1000


def test_sigma_is_in_the_units_of_the_parameters() -> None:
    """A step of 0.001 in x is one of 0.001 in y too, though its range is a hundred times larger."""
    first = [float(texts["y"]) for texts in trials(6, sigma="0.001")]
    assert all(499.99 < y < 500.01 for y in first)


@pytest.mark.parametrize("strategy", ["ipop", "bipop"])
def test_it_starts_again_once_it_has_converged(strategy: str) -> None:
    """Far from where it had gone to; without a strategy it stays."""

    def spread(restart_strategy: str) -> float:
        settings = {"random_state": "1", "restart_strategy": restart_strategy, "sigma": "1e-9"}
        points = run(search(experiment("cmaes", SQUARE, settings=settings)), 220, flat)
        return max(abs(float(texts["x"])) for texts in points)

    assert spread("none") < 0.01
    assert spread(strategy) > 0.5


def test_ipop_doubles_the_population() -> None:
    """6, 12, 24, ..."""
    account = Restarts(two_sizes=False, initial=6, chance=random.Random(1))
    assert [account.next(6 * 2**index, 10) for index in range(3)] == [12, 24, 48]


def test_bipop_spends_as_much_on_small_populations() -> None:
    """Small populations come until they have cost as much as the large ones."""
    account = Restarts(two_sizes=True, initial=6, chance=random.Random(1))
    population, cost = 6, {True: 0, False: 0}
    for _ in range(40):
        cost[account.is_small] += population * 10
        population = account.next(population, 10)
        assert 6 <= population <= 6 * 2**account.large_restarts
        assert account.is_small == (cost[True] < cost[False])


def test_failed_trials_do_not_hold_up_a_generation() -> None:
    """Where every second trial fails, the next generation begins with the results that there are."""
    suggestions = search(experiment("cmaes", SQUARE, settings={"random_state": "1"}))
    for index in range(240):
        suggestion = asked(suggestions)
        suggestions.tell(suggestion.number, sphere(suggestion.parameters) if index % 2 else None)
    assert sphere(asked(suggestions).parameters) < 1e-3


def test_lists_are_drawn_beside_it() -> None:
    """CMA-ES has no place for categories; both values come up."""
    made = experiment("cmaes", (*SQUARE, one_of("z", "a", "b")), settings={"random_state": "1"})
    assert {texts["z"] for texts in run(search(made), 20, sphere)} == {"a", "b"}
