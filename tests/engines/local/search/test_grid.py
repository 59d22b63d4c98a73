# SPDX-License-Identifier: Apache-2.0
"""Grid search visits every cell once, and then says that it has ended."""

from __future__ import annotations

import itertools

from tests.builders.experiment import double, integer, one_of
from tests.engines.local.search.searching import asked, experiment, run, search

SPACE = (integer("x", "1", "3"), double("y", "0.1", "0.5", "0.2"), one_of("z", "a", "b"))
CELLS = list(itertools.product(["1", "2", "3"], ["0.1", "0.3", "0.5"], ["a", "b"]))


def test_every_cell_is_visited_once_and_then_none() -> None:
    """Max itself is a cell where the lattice meets it, which numpy.arange drops in Katib's service."""
    suggestions = search(experiment("grid", SPACE))
    visited = [tuple(texts.values()) for texts in run(suggestions, len(CELLS), lambda texts: 1.0)]
    assert visited == CELLS
    assert suggestions.ask() is None
    assert suggestions.ask() is None


def test_a_budget_below_the_grid_visits_any_cells() -> None:
    """So that a part of the grid is not all from one corner; random_state picks which."""
    parts = []
    for seed in ("1", "2"):
        made = experiment("grid", SPACE, settings={"random_state": seed}, budget=6)
        visited = [tuple(texts.values()) for texts in run(search(made), 6, lambda texts: 1.0)]
        assert len(set(visited)) == 6
        assert set(visited) <= set(CELLS)
        parts.append(visited)
    assert parts[0] != parts[1]
    assert parts[0] != CELLS[:6]


def test_a_failed_cell_is_not_tried_again() -> None:
    """As in Katib, where a failed trial has used up its cell."""
    suggestions = search(experiment("grid", (integer("x", "1", "2"),)))
    assert run(suggestions, 2, lambda texts: None) == [{"x": "1"}, {"x": "2"}]
    assert suggestions.ask() is None


def test_a_grid_too_large_to_list_can_be_searched() -> None:
    """A cell is computed from its number; 10 ** 18 cells take no memory."""
    space = tuple(integer(f"x{index}", "1", "1000000") for index in range(3))
    suggestions = search(experiment("grid", space, budget=5))
    assert len({tuple(asked(suggestions).parameters.values()) for _ in range(5)}) == 5


def test_a_distribution_does_not_change_the_lattice() -> None:
    """The cells are min + k * step, whatever the distribution says."""
    space = (double("x", "1", "2", "0.5", "normal"), integer("y", "1", "3", "2", "logUniform"))
    visited = run(search(experiment("grid", space)), 6, lambda texts: 1.0)
    assert [tuple(texts.values()) for texts in visited] == list(
        itertools.product(["1.0", "1.5", "2.0"], ["1", "3"])
    )
