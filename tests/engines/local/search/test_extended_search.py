# SPDX-License-Identifier: Apache-2.0
"""Every algorithm goes on with another budget and another number of trials at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kfp_katib.engines.local.journal import Journal
from kfp_katib.engines.local.search.suggestions import open_study
from kfp_katib.experiment import Experiment
from tests.builders.experiment import integer, one_of
from tests.engines.local.search.searching import ALGORITHMS, asked, bowl, end, experiment

SPACES = (
    (integer("x", "1", "4"), one_of("y", "a", "b", "c")),
    (integer("x", "1", "3"), one_of("y", "a", "b", "a")),
)
"""Twelve cells; nine, of which three stand there twice."""


def walked(journal: Journal, space: int, budget: int, seed: str, fails: int = 0) -> None:
    """A grid search up to this budget, of which every trial with a number divisible by `fails` fails."""
    made = experiment("grid", SPACES[space], settings={"random_state": seed}, budget=budget)
    suggestions = open_study(made, journal)
    while len(journal.counted) < budget and (suggestion := suggestions.ask()):
        number = suggestion.number
        end(suggestions, number, None if fails and number % fails == 0 else 1.0)


def cells(journal: Journal) -> Counter[tuple[str, ...]]:
    """How often each cell was tried, by trials that count."""
    return Counter(tuple(record.parameters.values()) for record in journal.counted)


@given(
    st.integers(0, 1),
    st.lists(st.integers(1, 14), min_size=1, max_size=5),
    st.integers(0, 3),
    st.integers(0, 4),
)
@settings(deadline=None)
def test_a_grid_with_one_budget_after_another(
    space: int, budgets: Sequence[int], seed: int, fails: int
) -> None:
    """No cell is tried twice, and none is left out, from any budget to any other."""
    journal = Journal("search")
    for budget in budgets:
        walked(journal, space, budget, str(seed), fails)
    sizes = Counter((x, y) for x in ("1", "2", "3", "4")[: 4 - space] for y in SPACES[space][1].space.list)
    assert cells(journal) <= sizes
    assert cells(journal).total() == min(max(budgets), sizes.total())


def test_a_cell_that_is_run_again_is_one_cell() -> None:
    """A failed trial and the one that stands for it; the rest of the grid is walked as it would have been."""
    journal = Journal("search")
    walked(journal, 0, 6, "1", fails=2)
    suggestions = open_study(experiment("grid", SPACES[0], budget=6), journal)
    for number in (0, 2, 4):
        end(suggestions, suggestions.retry(number).number, 1.0)
    assert len(journal.counted) == 6
    walked(journal, 0, 12, "1")
    assert set(cells(journal).values()) == {1}
    assert len(cells(journal)) == 12


def test_a_point_that_is_run_again_takes_no_place_in_the_sequence() -> None:
    """Sobol covers the space evenly only as long as no point of its sequence is left out."""
    one, other = (open_study(experiment("sobol"), Journal("search")) for _ in range(2))
    expected = [asked(one).parameters for _ in range(4)]
    end(other, asked(other).number, None)
    end(other, other.retry(0).number, 1.0)
    assert [asked(other).parameters for _ in range(3)] == expected[1:]


def upto(journal: Journal, count: int) -> Journal:
    """The journal as it was when it had so many trials, all of them ended."""
    trials = [copy(trial) for trial in journal.trials[:count]]
    return Journal("search", study=0, attributes=dict(journal.attributes), trials=trials)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_search_that_was_killed_after_it_was_extended(algorithm: str) -> None:
    """It makes the suggestions that it would have made: they follow from the journal and the manifest."""
    journal = Journal("search")
    made = experiment(algorithm, settings={"random_state": "1"}, parallel=2, budget=6)
    before = run_up_to(6, made, journal)
    made = replace(made, parallel_trial_count=9, max_trial_count=14)
    after = run_up_to(14, made, journal)
    for count in range(6, 14):
        resumed = open_study(made, upto(journal, count))
        assert asked(resumed).parameters == after[count]
    assert after[:6] == before


def run_up_to(budget: int, made: Experiment, journal: Journal) -> list[Mapping[str, str]]:
    """One trial after the other; the parameters of all of them."""
    suggestions = open_study(made, journal)
    while len(journal.trials) < budget:
        suggestion = asked(suggestions)
        end(suggestions, suggestion.number, bowl(suggestion.parameters))
    return [trial.record.parameters for trial in journal.trials]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm_runs_failed_values_again(algorithm: str) -> None:
    """They are suggestions as others, and the search goes on after them."""
    journal = Journal("search")
    made = experiment(algorithm, settings={"random_state": "1"}, parallel=2, budget=40)
    suggestions = open_study(made, journal)
    for number in range(6):
        end(suggestions, asked(suggestions).number, None if number % 2 else 1.0)
    for number in (1, 3, 5):
        again = suggestions.retry(number)
        assert again.parameters == journal.trials[number].record.parameters
        end(suggestions, again.number, 0.5)
    for _ in range(12):
        suggestion = asked(suggestions)
        end(suggestions, suggestion.number, bowl(suggestion.parameters))
    resumed = open_study(made, upto(journal, 21))
    assert asked(resumed).parameters == asked(suggestions).parameters
    assert len(journal.counted) == 19
