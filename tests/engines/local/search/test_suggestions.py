# SPDX-License-Identifier: Apache-2.0
"""What every algorithm keeps to: the feasible space, `random_state`, and the study as its only memory."""

from __future__ import annotations

import logging
import shutil
import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kfp_katib.engines.local.journal import COMPLETE, FAILED, RUNNING
from kfp_katib.experiment.model import Objective, Parameter
from tests.builders.experiment import double, integer, objective, one_of
from tests.engines.local.search.searching import (
    ALGORITHMS,
    MIXED,
    asked,
    bowl,
    end,
    experiment,
    run,
    search,
)

every_algorithm = pytest.mark.parametrize("algorithm", ALGORITHMS)
SPACES = st.lists(
    st.sampled_from(
        [
            lambda name: double(name, "0", "1", "0.1"),
            lambda name: double(name, "-5", "5", "2.5", "normal"),
            lambda name: double(name, "1", "100", "9", "logNormal"),
            lambda name: integer(name, "1", "64", distribution="logUniform"),
            lambda name: integer(name, "3", "3"),
            lambda name: one_of(name, "a", "b"),
            lambda name: one_of(name, "only"),
        ]
    ),
    max_size=4,
).map(lambda makers: tuple(make(f"p{index}") for index, make in enumerate(makers)))
TWO_NUMBERS = (integer("x", "1", "20"), double("y", "0.1", "0.9", "0.2"))


def feasible(parameter: Parameter, text: str) -> bool:
    """Whether a text lies in a parameter's feasible space."""
    space = parameter.space
    return text in space.list if space.list else float(space.min) <= float(text) <= float(space.max)


@every_algorithm
@settings(max_examples=8, deadline=None)
@given(parameters=SPACES, wanted=st.sampled_from([objective("minimize"), objective("maximize")]))
def test_suggestions_stay_in_the_feasible_space(
    algorithm: str, parameters: tuple[Parameter, ...], wanted: Objective
) -> None:
    """Whatever the parameters are, before and after the algorithm has results to learn from."""
    parameters = (*TWO_NUMBERS, *parameters)
    suggestions = search(
        experiment(algorithm, parameters, objective=wanted, settings={"random_state": "1"}, budget=14)
    )
    for number, assigned in enumerate(run(suggestions, 14, lambda texts: float(texts["x"]))):
        assert assigned.keys() == {parameter.name for parameter in parameters}
        assert all(feasible(one, assigned[one.name]) for one in parameters), number


@every_algorithm
def test_random_state_makes_a_search_repeatable(algorithm: str) -> None:
    """The same random_state gives the same trials."""
    first, second = (
        run(search(experiment(algorithm, settings={"random_state": "7"}, budget=12)), 12, bowl)
        for _ in range(2)
    )
    assert first == second


@pytest.mark.parametrize("algorithm", [name for name in ALGORITHMS if name != "sobol"])
def test_another_random_state_gives_another_search(algorithm: str) -> None:
    """Sobol's sequence has no chance in it; the other algorithms have."""
    first, second = (
        run(search(experiment(algorithm, settings={"random_state": seed}, budget=12)), 12, bowl)
        for seed in ("7", "8")
    )
    assert first != second


@every_algorithm
@pytest.mark.parametrize("seed", [{"random_state": "3"}, {}], ids=["random_state", "no random_state"])
@pytest.mark.parametrize("killed_after", [5, 12])
def test_a_killed_search_goes_on_as_it_would_have(
    algorithm: str, seed: dict[str, str], killed_after: int, tmp_path: Path
) -> None:
    """The same journal gives the same next suggestions, with one trial running and one failed."""
    made = experiment(algorithm, settings=seed, budget=40)
    before = search(made, tmp_path / "before")
    run(before, killed_after - 2, bowl)
    running, failed = asked(before), asked(before)
    end(before, failed.number, None)
    shutil.copytree(tmp_path / "before", tmp_path / "after")

    after = search(made, tmp_path / "after")

    resumed = [trial.record for trial in after.journal.trials if trial.state == RUNNING]
    assert [record.parameters for record in resumed] == [running.parameters]
    assert run(after, 6, bowl) == run(before, 6, bowl)


@every_algorithm
def test_suggestions_made_in_parallel_differ(algorithm: str) -> None:
    """Trials that run are known to the algorithm: it does not suggest the same again."""
    space = (double("x", "0", "1", "0.0001"), double("y", "0", "1", "0.0001"))
    suggestions = search(experiment(algorithm, space, parallel=4, settings={"random_state": "1"}, budget=40))
    run(suggestions, 12, lambda texts: float(texts["x"]))
    at_once = [asked(suggestions).parameters for _ in range(4)]
    assert len({tuple(texts.values()) for texts in at_once}) == 4


@every_algorithm
def test_the_study_remembers_what_was_suggested_and_what_came_of_it(algorithm: str, tmp_path: Path) -> None:
    """Numbers, texts, values and failures survive in the journal."""
    made = experiment(algorithm, budget=20)
    suggestions = search(made, tmp_path)
    first, second, third = (asked(suggestions) for _ in range(3))
    end(suggestions, first.number, 0.5)
    end(suggestions, second.number, float("nan"))

    trials = search(made, tmp_path).journal.trials

    assert [trial.state for trial in trials] == [COMPLETE, FAILED, RUNNING]
    assert trials[0].value == 0.5
    assert [trial.record.parameters for trial in trials] == [
        suggestion.parameters for suggestion in (first, second, third)
    ]


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), float("-inf")])
def test_a_trial_without_a_finite_value_is_closed(value: float | None) -> None:
    """No algorithm goes on waiting for a trial that failed."""
    suggestions = search(experiment())
    suggestions.tell(asked(suggestions).number, value)
    assert [trial.state for trial in suggestions.journal.trials] == [FAILED]


@every_algorithm
def test_a_search_of_failures_alone_goes_on(algorithm: str) -> None:
    """No result ever comes, and yet there is a next suggestion."""
    suggestions = search(experiment(algorithm, budget=15))
    assert len(run(suggestions, 15, lambda texts: None)) == 15


@pytest.mark.parametrize(
    "algorithm", [name for name in ALGORITHMS if name not in ("grid", "sobol", "random")]
)
def test_maximise_mirrors_minimise(algorithm: str) -> None:
    """The same search with every value negated suggests the same."""
    minimised = experiment(algorithm, settings={"random_state": "1"})
    maximised = experiment(algorithm, settings={"random_state": "1"}, objective=objective("maximize"))
    assert run(search(minimised), 15, bowl) == run(search(maximised), 15, lambda texts: -bowl(texts))


@every_algorithm
def test_a_search_is_quiet(algorithm: str, caplog: pytest.LogCaptureFixture) -> None:
    """Neither warnings nor log lines of the libraries below reach the user."""
    with warnings.catch_warnings(), caplog.at_level(logging.DEBUG):
        warnings.simplefilter("error")
        run(search(experiment(algorithm, budget=14)), 14, bowl)
    assert [record for record in caplog.records if record.name.startswith(("optuna", "kfp_katib"))] == []


def test_a_search_without_random_state_differs_each_time() -> None:
    """The seed that the study keeps is drawn anew for each study."""
    assert run(search(experiment()), 3, bowl) != run(search(experiment()), 3, bowl)


def test_the_mixed_space_has_every_kind_of_parameter() -> None:
    """So that the tests above speak for all of them."""
    assert {parameter.type for parameter in MIXED} >= {"int", "double", "categorical"}
