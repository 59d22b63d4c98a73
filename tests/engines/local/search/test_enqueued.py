# SPDX-License-Identifier: Apache-2.0
"""Points that the user gives run first, each once, and the algorithm goes on as if it had suggested them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from kfp_katib.engines.local.journal import Journal
from kfp_katib.engines.local.search.enqueued import checked, new, refuse_vain
from kfp_katib.engines.local.search.suggestions import Suggestions
from kfp_katib.errors import InputError
from kfp_katib.experiment.model import Experiment
from tests.builders.experiment import double, integer, one_of
from tests.engines.local.search.searching import ALGORITHMS, MIXED, asked, bowl, end, experiment, run, search

SEEDED = {"random_state": "1"}
WHOLE = {"batch": "32", "momentum": "0.3", "width": "-0.75", "optimizer": "sgd"}
every_algorithm = pytest.mark.parametrize("algorithm", ALGORITHMS)
FILLING = [name for name in ALGORITHMS if name != "grid"]


def whole(algorithm: str) -> dict[str, str]:
    """A point of the space that the algorithm searches in these tests."""
    return WHOLE if algorithm == "grid" else {"lr": "0.02", **WHOLE}


def enqueue(suggestions: Suggestions, made: Experiment, *points: Mapping[str, str]) -> Suggestions:
    """The search, with points that are checked first."""
    suggestions.enqueue(checked(made, points))
    return suggestions


@every_algorithm
def test_a_point_runs_first_as_it_was_given(algorithm: str) -> None:
    """Then come the algorithm's own."""
    made = experiment(algorithm, settings=SEEDED, budget=20)
    points = [whole(algorithm), {**whole(algorithm), "batch": "48"}]
    suggestions = enqueue(search(made), made, *points)
    assert run(suggestions, 2, bowl) == points
    assert asked(suggestions).parameters not in points


@pytest.mark.parametrize("algorithm", FILLING)
def test_the_algorithm_fills_in_what_is_not_named(algorithm: str) -> None:
    """With what it would have suggested itself."""
    made = experiment(algorithm, settings=SEEDED)
    own = asked(search(made)).parameters
    assert asked(enqueue(search(made), made, {"lr": "0.02"})).parameters == {**own, "lr": "0.02"}


@every_algorithm
@pytest.mark.parametrize("killed_after", [0, 1, 2, 3, 9])
def test_a_kill_changes_nothing(algorithm: str, killed_after: int, tmp_path: Path) -> None:
    """No point is run twice or lost, and everything after them is suggested as without the kill."""
    made = experiment(algorithm, settings=SEEDED, budget=40)
    second = {**whole(algorithm), "batch": "64"} if algorithm == "grid" else {"batch": "64"}
    points = (whole(algorithm), second)
    before = enqueue(search(made, tmp_path / "before"), made, *points)
    begun = run(before, killed_after, bowl)
    running = asked(before)
    shutil.copytree(tmp_path / "before", tmp_path / "after")

    after = enqueue(search(made, tmp_path / "after"), made, *points)

    for suggestions in (before, after):
        end(suggestions, running.number, bowl(running.parameters))
    rest = run(after, 3, bowl)
    assert rest == run(before, 3, bowl)
    every = [*begun, running.parameters, *rest]
    assert every[0] == points[0]
    assert [texts["batch"] for texts in every[:2]] == ["32", "64"]
    assert every.count(points[0]) == 1


def test_an_extended_search_takes_new_points() -> None:
    """Those that it has are not run again, whatever they are written like."""
    made = experiment("tpe", settings=SEEDED)
    suggestions = enqueue(search(made), made, whole("tpe"))
    run(suggestions, 4, bowl)
    enqueue(suggestions, made, {**whole("tpe"), "lr": "2e-2"}, {"batch": "64"})
    assert asked(suggestions).parameters["batch"] == "64"
    assert suggestions.journal.attributes["kfp-katib:enqueued"] == [whole("tpe"), {"batch": "64"}]
    assert [trial.enqueued for trial in suggestions.journal.trials] == [0, None, None, None, 1]


def test_a_point_that_is_given_twice_is_two() -> None:
    """As somebody who measures noise would want it."""
    made = experiment("random", settings=SEEDED)
    suggestions = enqueue(search(made), made, WHOLE, WHOLE)
    assert [texts["batch"] for texts in run(suggestions, 2, bowl)] == ["32", "32"]
    assert new(suggestions.journal, checked(made, [WHOLE, WHOLE])) == []


@pytest.mark.parametrize("budget", [None, 6, 12])
def test_a_grid_does_not_visit_the_cell_again(budget: int | None) -> None:
    """Whichever order it walks in."""
    space = (integer("a", "1", "4"), one_of("b", "u", "v"))
    made = experiment("grid", space, budget=budget, settings=SEEDED)
    suggestions = enqueue(search(made), made, {"a": "3", "b": "v"})
    tried: list[tuple[str, ...]] = []
    while len(tried) != budget and (record := suggestions.ask()):
        tried.append(tuple(record.parameters.values()))
    assert tried[0] == ("3", "v")
    assert len(set(tried)) == len(tried) == min(budget or 8, 8)


def test_sobol_begins_with_its_first_point_after_them() -> None:
    """A gap in the sequence would spoil its balance."""
    made = experiment("sobol", settings=SEEDED)
    suggestions = enqueue(search(made), made, whole("sobol"))
    assert run(suggestions, 6, bowl)[1:] == run(search(made), 5, bowl)


@pytest.mark.parametrize("algorithm", ["tpe", "multivariate-tpe", "bayesianoptimization", "cmaes"])
def test_the_algorithm_learns_from_a_point(algorithm: str) -> None:
    """A good one draws its next suggestions; it counts among the first trials."""
    space = (double("x", "0", "1"), double("y", "0", "1"))
    made = experiment(algorithm, space, settings=SEEDED)

    def after(*points: Mapping[str, str]) -> Sequence[Mapping[str, str]]:
        return run(enqueue(search(made), made, *points), 13, bowl)[10:]

    assert after({"x": "0.3", "y": "0.3"}) != after({"x": "0.9", "y": "0.9"})


@pytest.mark.parametrize(
    ("algorithm", "point", "words"),
    [
        ("tpe", {}, "a point is empty. Name at least one parameter"),
        (
            "tpe",
            {"learning": "1"},
            "enqueue learning=1: there is no parameter 'learning'. Use one of: batch, lr",
        ),
        ("tpe", {"Batch": "32"}, "Did you mean 'batch'"),
        ("tpe", {"lr": "1"}, "enqueue lr=1: '1' is not in the feasible space of lr: min 0.0001, max 0.1"),
        ("tpe", {"lr": "0.1", "batch": "20"}, "'20' is not in .* batch: min 16, max 256, step 16"),
        ("tpe", {"optimizer": "adamw"}, "'adamw' is not in .* optimizer: one of adam, sgd"),
        ("tpe", {"lr": "nan"}, "'nan' is not in the feasible space of lr"),
        ("grid", {"batch": "32"}, "a grid has no value of its own for momentum, width, optimizer"),
    ],
)
def test_what_cannot_be_tried_is_refused(algorithm: str, point: dict[str, str], words: str) -> None:
    """By the point, the parameter, the value and its space, before anything starts."""
    with pytest.raises(InputError, match=words):
        checked(experiment(algorithm), [WHOLE | {"lr": "0.02"} if algorithm == "tpe" else WHOLE, point])


def test_a_number_is_as_good_as_its_text() -> None:
    """Somebody who calls this from Python need not quote."""
    assert checked(experiment("tpe"), [{"lr": 0.02, "batch": 32}]) == [{"lr": "0.02", "batch": "32"}]  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("ended", "budget", "words"),
    [
        (True, 9, "has no room for 1 new point: it has its verdict. Change what ends it"),
        (False, 1, "has no room for 1 new point: 1 of its maxTrialCount of 1 trials are taken"),
    ],
)
def test_a_point_that_would_not_run_is_refused(ended: bool, budget: int, words: str) -> None:
    """Those that the study has are no reason to complain."""
    journal = Journal("search", attributes={"kfp-katib:enqueued": [{"lr": "0.02"}]})
    made = experiment("tpe", MIXED, budget=budget)
    refuse_vain(made, journal, [{"lr": "0.02"}], ended=ended)
    with pytest.raises(InputError, match=words):
        refuse_vain(made, journal, [{"lr": "0.02"}, {"lr": "0.03"}], ended=ended)


def test_without_a_budget_there_is_room() -> None:
    """Until there is a verdict."""
    refuse_vain(experiment("tpe"), Journal("search"), [{"lr": "0.02"}] * 99, ended=False)
