# SPDX-License-Identifier: Apache-2.0
"""A search that is told earlier trials begins where those were good, and knows them as nothing else."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfp_katib.engines.local.search import warm_start
from kfp_katib.engines.local.search.warm_start import begin, of_attribute, select
from kfp_katib.errors import InputError
from kfp_katib.experiment.model import Experiment
from kfp_katib.results import Metric, Told, Trial
from tests.builders.experiment import double, integer, objective, one_of
from tests.builders.result import bare_trial
from tests.engines.local.search.searching import ALGORITHMS, bowl, experiment, run, search
from tests.engines.local.search.telling import SQUARE, corner, drawn, source, told

SEEDED = {"random_state": "1"}
LEARNING = ("tpe", "multivariate-tpe", "bayesianoptimization", "cmaes")
GRID = (integer("a", "1", "3"), one_of("b", "u", "v"))


def one(parameters: Mapping[str, str] | None = None, loss: str = "0.5", **fields: Any) -> Trial:
    """A trial that fits the square, changed."""
    return bare_trial("other-0", loss=loss, parameters=parameters or {"x": "0.1", "y": "0.2"}, **fields)


def chosen(*trials: Trial, of: Experiment | None = None) -> Told:
    """What a search over the square would be told of them."""
    return select(of or experiment("tpe", SQUARE), [source(list(trials))])


@pytest.mark.parametrize(
    ("algorithm", "count"),
    [("tpe", 60), ("multivariate-tpe", 60), ("bayesianoptimization", 20), ("cmaes", 60)],
)
def test_a_warm_search_begins_near_the_earlier_optimum(algorithm: str, count: int) -> None:
    """A cold one with the same seed does not; half of its first six trials lie near the optimum."""
    made = experiment(algorithm, SQUARE, settings=SEEDED)
    warm = [corner(texts) for texts in run(told(made, drawn(count)), 6, corner)]
    cold = [corner(texts) for texts in run(search(made), 6, corner)]
    assert sorted(warm)[2] < 0.05 < sorted(cold)[2]


@pytest.mark.parametrize("algorithm", LEARNING)
def test_a_warm_search_mirrors_itself(algorithm: str) -> None:
    """Maximising, with every value negated, it suggests the same."""
    least = experiment(algorithm, SQUARE, settings=SEEDED)
    most = experiment(algorithm, SQUARE, settings=SEEDED, objective=objective("maximize"))
    negated = drawn(12, lambda texts: -corner(texts))
    assert run(told(least, drawn(12)), 2, corner) == run(told(most, negated), 2, lambda texts: -corner(texts))


@pytest.mark.parametrize("algorithm", ["random", "sobol"])
def test_who_does_not_learn_suggests_the_same(algorithm: str) -> None:
    """Earlier trials change nothing for it; a note says so."""
    made = experiment(algorithm, SQUARE, settings=SEEDED)
    assert run(told(made, drawn(30)), 5, corner) == run(search(made), 5, corner)


def test_cma_es_needs_ten() -> None:
    """Of nine no tenth is left over to begin from."""
    made = experiment("cmaes", SQUARE, settings=SEEDED)
    assert run(told(made, drawn(9)), 5, corner) == run(search(made), 5, corner)
    assert run(told(made, drawn(10)), 5, corner) != run(search(made), 5, corner)


@pytest.mark.parametrize(("count", "initial"), [(9, False), (10, True)])
def test_earlier_trials_count_among_the_initial_points(count: int, initial: bool) -> None:
    """Bayesian optimisation learns at once from ten, its default number of initial points."""
    made = experiment("bayesianoptimization", SQUARE, settings=SEEDED)
    differs = run(told(made, drawn(count)), 1, corner) != run(search(made), 1, corner)
    assert differs == initial


@pytest.mark.parametrize("algorithm", [name for name in ALGORITHMS if name != "grid"])
@pytest.mark.parametrize("share", [0, 0.3, 0.8])
def test_a_resumed_search_needs_no_source(algorithm: str, share: float, tmp_path: Path) -> None:
    """What it was told is in its journal: it suggests what it would have suggested."""
    space = (*SQUARE, one_of("z", "a", "b"))
    made = experiment(algorithm, space, settings=SEEDED)
    trials = [
        bare_trial(each.name, loss=each.metrics["loss"].latest, parameters={**each.parameters, "z": "a"})
        for each in drawn(14)
    ]
    count = 4 if algorithm == "bayesianoptimization" else 12  # which takes its time
    stopped_after = int(share * count)
    undisturbed = run(told(made, trials), count, corner)
    first = run(told(made, trials, tmp_path), stopped_after, corner)
    assert first + run(search(made, tmp_path), count - stopped_after, corner) == undisturbed


def cell(a: str, b: str, loss: str = "0.5") -> Trial:
    """A trial of one cell of the grid."""
    return bare_trial(f"other-{a}{b}", loss=loss, parameters={"a": a, "b": b})


@pytest.mark.parametrize(("budget", "expected"), [(None, 4), (3, 3), (9, 4)])
def test_a_grid_passes_by_what_is_known(budget: int | None, expected: int) -> None:
    """Every other cell is tried once; the budget is spent on them."""
    made = experiment("grid", GRID, budget=budget, settings=SEEDED)
    suggestions = told(made, [cell("2", "u"), cell("1", "v")])
    tried: list[tuple[str, ...]] = []
    while len(tried) != budget and (record := suggestions.ask()):
        tried.append((record.parameters["a"], record.parameters["b"]))
    assert len(tried) == len(set(tried)) == expected
    assert not {("2", "u"), ("1", "v")} & set(tried)


def test_a_grid_that_is_wholly_known_is_refused() -> None:
    """There would be nothing to run, and so no best trial; a value that a list holds twice is one."""
    space = (integer("a", "1", "2"), one_of("b", "u", "u"))
    with pytest.raises(InputError, match="cover all 2 cells of the grid, so nothing is left to run"):
        begin(experiment("grid", space), [source([cell("1", "u"), cell("2", "u")])])


@pytest.mark.parametrize(
    ("trial", "why"),
    [
        (one(state="Failed"), "failed"),
        (one(state="Killed"), "killed"),
        (one(state="Running"), "unfinished"),
        (one(state="Pending"), "unfinished"),
        (one(state="MetricsUnavailable"), "without a finite loss"),
        (one(loss="nan"), "without a finite loss"),
        (one(metrics={"accuracy": Metric("1", "1", "1")}), "without a finite loss"),
        (one({"x": "0.1"}), "without y"),
        (one({"x": "0.1", "y": "2"}), "outside the space of y"),
        (one({"x": "low", "y": "0.2"}), "outside the space of x"),
    ],
)
def test_what_does_not_fit_is_counted_by_its_reason(trial: Trial, why: str) -> None:
    """And not told."""
    found = chosen(trial)
    assert found.trials == []
    assert found.sources[0].left_out == {why: 1}


def test_what_fits_is_told() -> None:
    """In Katib's text; a trial that was stopped early counts as it does in a search, other parameters not."""
    found = chosen(one({"x": "0.10", "y": "1e-1", "seed": "3"}, state="EarlyStopped"))
    assert [each.parameters for each in found.trials] == [{"x": "0.1", "y": "0.1"}]
    assert (found.sources[0].told, found.sources[0].ignored) == (1, ["seed"])


def test_the_value_is_that_of_this_search() -> None:
    """By its strategy, whatever the other search looked at."""
    trial = one(metrics={"loss": Metric("0.1", "0.9", "0.5")})
    values = {
        strategy: chosen(
            trial, of=experiment("tpe", SQUARE, objective=objective(strategy=strategy))
        ).trials[0].value
        for strategy in ("min", "max", "latest")
    }  # fmt: skip
    assert values == {"min": 0.1, "max": 0.9, "latest": 0.5}


def test_a_trial_of_two_sources_is_told_once() -> None:
    """As when a search and its table are both named."""
    sources = [source([one()], "runs/other"), source([one(), one({"x": "0.3", "y": "0.2"})], "other.csv")]
    found = select(experiment("tpe", SQUARE), sources)
    assert [each.source for each in found.trials] == [0, 1]
    assert found.sources[1].left_out == {"told already": 1}


@pytest.mark.parametrize(("algorithm", "most"), [("tpe", 1_000), ("bayesianoptimization", 100)])
def test_of_too_many_the_best_are_told(algorithm: str, most: int) -> None:
    """An algorithm reads all of them for each suggestion; they keep their order."""
    trials = drawn(1_100)
    found = chosen(*trials, of=experiment(algorithm, SQUARE))
    best = sorted(trials, key=lambda each: float(each.metrics["loss"].latest))[:most]
    assert [each.name for each in found.trials] == [each.name for each in trials if each in best]
    assert found.sources[0].left_out == {f"beyond the best {most}": 1_100 - most}


def test_what_is_told_fits_into_a_line_of_the_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long texts make it fewer."""
    monkeypatch.setattr(warm_start, "_MOST_BYTES", 4_000)
    found = chosen(*drawn(100))
    assert 10 < len(found.trials) < 40
    assert len(str(found.stored()["trials"])) < 4_000


@given(st.integers(0, 6), st.randoms(use_true_random=False))
def test_what_is_stored_comes_back(count: int, chance: random.Random) -> None:
    """Of any trials, in any order."""
    trials = drawn(8)
    chance.shuffle(trials)
    found = chosen(*trials[:count])
    assert of_attribute(found.stored()) == found


def test_a_cold_search_writes_nothing_of_it() -> None:
    """Only who is asked is written down, even if nothing of it fits."""
    made = experiment("tpe", SQUARE, settings=SEEDED)
    assert search(made).journal.attributes == {}
    assert of_attribute(told(made, []).journal.attributes["kfp-katib:warm-start"]).sources[0].told == 0


def test_every_kind_of_parameter_can_be_told() -> None:
    """Logarithmic, stepped, normal and listed ones, which the study stores in different ways."""
    for algorithm in LEARNING:
        made = experiment(algorithm, settings=SEEDED)
        points = run(search(made), 12, bowl)
        trials = [
            bare_trial(f"other-{place}", loss=str(bowl(point)), parameters=point)
            for place, point in enumerate(points)
        ]
        suggestions = told(made, trials)
        assert of_attribute(suggestions.journal.attributes["kfp-katib:warm-start"]).sources[0].told == 12
        assert len(run(suggestions, 2, bowl)) == 2


def test_a_lower_bound_without_a_logarithm_is_outside_where_it_is_raised() -> None:
    """multivariate-tpe starts a logarithmic range from 0 at 1e-10, and could not be told 0."""
    space = (double("x", "0", "1", distribution="logUniform"), SQUARE[1])
    trial = one({"x": "0", "y": "0.2"})
    found = chosen(trial, of=experiment("multivariate-tpe", space))
    assert found.sources[0].left_out == {"outside the space of x": 1}
