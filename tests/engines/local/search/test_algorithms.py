# SPDX-License-Identifier: Apache-2.0
"""Random search follows the distributions, the grid visits every cell once."""

from __future__ import annotations

import itertools
from pathlib import Path
from statistics import median

import pytest

from kfp_katib.engines.local.search.algorithms import WAIT, Proposal
from kfp_katib.engines.local.search.space import dimensions
from tests.builders.experiment import double, integer, one_of
from tests.engines.local.search.searching import asked, end, experiment, run, search


@pytest.fixture(scope="module")
def drawn() -> dict[str, list[str]]:
    """Five hundred draws."""
    space = (
        double("log", "0.0001", "1", distribution="logUniform"),
        double("normal", "0", "6", distribution="normal"),
        integer("int", "1", "4"),
        one_of("list", "a", "b"),
    )
    trials = run(search(experiment("random", space, settings={"random_state": "1"})), 500, lambda texts: 1.0)
    return {parameter.name: [texts[parameter.name] for texts in trials] for parameter in space}


def test_log_uniform_has_its_median_in_the_geometric_middle(drawn: dict[str, list[str]]) -> None:
    """Half of the draws lie below 0.01, the middle of four decades."""
    assert 0.005 < median(map(float, drawn["log"])) < 0.02


def test_normal_has_two_thirds_within_one_deviation(drawn: dict[str, list[str]]) -> None:
    """68 % of the draws lie within a sixth of the range around the middle."""
    assert 0.62 < sum(2 <= float(text) <= 4 for text in drawn["normal"]) / 500 < 0.74


@pytest.mark.parametrize(("name", "share"), [("int", 0.25), ("list", 0.5)])
def test_every_value_gets_its_share(drawn: dict[str, list[str]], name: str, share: float) -> None:
    """Within four standard deviations of a fair draw."""
    for value in set(drawn[name]):
        assert drawn[name].count(value) / 500 == pytest.approx(share, abs=0.09)


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


@pytest.mark.parametrize("budget", [5, None])
@pytest.mark.parametrize("count", [3, 6])
def test_a_grid_too_large_to_list_can_be_searched(tmp_path: Path, count: int, budget: int | None) -> None:
    """A cell is computed from its number; 10 ** 18 cells take no memory, nor do more than an index can be."""
    space = tuple(integer(f"x{index}", "1", "1000000") for index in range(count))
    made = experiment("grid", space, budget=budget, settings={"random_state": "1"})
    suggestions = search(made, tmp_path)
    tried = [asked(suggestions).parameters for _ in range(4)]
    tried.append(asked(search(made, tmp_path)).parameters)
    assert asked(suggestions).parameters == tried[-1]
    assert len({tuple(each.values()) for each in tried}) == 5


def test_a_distribution_does_not_change_the_lattice() -> None:
    """The cells are min + k * step, whatever the distribution says."""
    space = (double("x", "1", "2", "0.5", "normal"), integer("y", "1", "3", "2", "logUniform"))
    visited = run(search(experiment("grid", space)), 6, lambda texts: 1.0)
    assert [tuple(texts.values()) for texts in visited] == list(
        itertools.product(["1.0", "1.5", "2.0"], ["1", "3"])
    )


def test_an_algorithm_may_wait_for_a_trial_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """No suggestion now is not the end; it is asked again when a trial has ended."""
    suggestions = search(experiment("random"))
    first = asked(suggestions)
    answers = iter([WAIT, Proposal({dim.name: dim.at(0.5) for dim in dimensions(experiment())}), None])
    monkeypatch.setattr(suggestions, "_propose", lambda number: next(answers))
    assert (suggestions.ask(), suggestions.ended) == (None, False)
    end(suggestions, first.number, 1.0)
    assert asked(suggestions).number == 1
    assert (suggestions.ask(), suggestions.ended) == (None, True)
    assert suggestions.ask() is None


def test_an_algorithm_never_waits_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search would hang in silence."""
    suggestions = search(experiment("random"))
    monkeypatch.setattr(suggestions, "_propose", lambda number: WAIT)
    with pytest.raises(RuntimeError, match="random waits for a trial to end, and none runs"):
        suggestions.ask()
