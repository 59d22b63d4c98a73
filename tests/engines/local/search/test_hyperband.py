# SPDX-License-Identifier: Apache-2.0
"""Hyperband runs its plan rung by rung, and promotes the best of each; its state is the journal alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kfp_katib.engines.local.journal import RUNNING, Journal, StudyTrial
from kfp_katib.engines.local.search.suggestions import open_study
from kfp_katib.experiment.model import Experiment
from kfp_katib.experiment.rungs import Rung, rungs
from kfp_katib.results import TrialCondition
from tests.builders.experiment import double, integer, objective, one_of
from tests.engines.local.search.searching import asked, end, experiment, search

SPACE = (double("lr", "0", "1"), integer("epochs", "1", "3"), one_of("kind", "a", "b"))
"""The resource's range ends where the plan does not."""

Value = Callable[[int, Mapping[str, str]], float | None]
"""From a trial's number and assignments to its value, None if it fails."""


def hyperband(most: str = "9", eta: str = "3", **more: Any) -> Experiment:
    """An Experiment whose resource are its epochs."""
    own = {"r_l": most, "eta": eta, "resource_name": "epochs", "random_state": "1"}
    return experiment("hyperband", more.pop("parameters", SPACE), settings=own, **more)


def rate(number: int, texts: Mapping[str, str]) -> float:
    """The learning rate, of which there are no two."""
    return float(texts["lr"])


def completed(made: Experiment, value: Value = rate, journal: Journal | None = None) -> Journal:
    """A whole search, one trial at a time."""
    suggestions = open_study(made, journal or Journal("search"))
    while suggestion := suggestions.ask():
        end(suggestions, suggestion.number, value(suggestion.number, suggestion.parameters))
    assert suggestions.ended
    return suggestions.journal


def members(journal: Journal, rung: Rung) -> dict[int, StudyTrial]:
    """The trials of a rung that count, by number."""
    counted = {record.number: journal.trials[record.number] for record in journal.counted}
    return {each: trial for each, trial in counted.items() if place(trial) == (rung.bracket, rung.number)}


def sizes(journal: Journal, made: Experiment) -> list[int]:
    """How many trials each rung of the plan has."""
    return [len(members(journal, rung)) for rung in rungs(made.algorithm.settings)]


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_the_best_of_each_rung_go_on(direction: Any) -> None:
    """With the same assignments, but for the resource; the plan runs to its end."""
    made = hyperband("27", objective=objective(direction))
    journal = completed(made)
    before: dict[int, StudyTrial] = {}
    for rung in rungs(made.algorithm.settings):
        here = members(journal, rung)
        assert len(here) == rung.trials
        assert {trial.record.parameters["epochs"] for trial in here.values()} == {str(rung.resource)}
        if rung.number:
            best = sorted(before, key=lambda each: before[each].value or 0.0, reverse=direction == "maximize")
            assert [trial.note["parent"] for trial in here.values()] == best[: rung.trials]
        for trial in here.values() if rung.number else ():
            parent = before[trial.note["parent"]].record.parameters
            assert {**parent, "epochs": str(rung.resource)} == trial.record.parameters
        before = here
    assert len(journal.trials) == 70


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_of_equal_values_the_earlier_trials_go_on(direction: Any) -> None:
    """As in Katib, whatever the direction."""
    journal = completed(hyperband(objective=objective(direction)), lambda *_: 1.0)
    assert [trial.note["parent"] for trial in journal.trials[9:13]] == [0, 1, 2, 9]


def test_configurations_are_drawn_from_the_space() -> None:
    """Each by its distribution, as random search does it."""
    journal = completed(hyperband())
    drawn = [trial.record.parameters for trial in journal.trials if trial.note["parent"] is None]
    assert len(drawn) == len({texts["lr"] for texts in drawn}) == 17
    assert {texts["kind"] for texts in drawn} == {"a", "b"}


@pytest.mark.parametrize(
    "resource",
    [
        integer("epochs", "100", "200", "7", "logUniform"),
        double("epochs", "0", "0.5", "0.1", "normal"),
        one_of("epochs", "few", "many"),
    ],
    ids=["int", "double", "categorical"],
)
def test_the_resources_feasible_space_never_matters(resource: Any) -> None:
    """As in Katib: whatever its type, it is a whole number of the plan."""
    journal = completed(hyperband(parameters=(double("lr", "0", "1"), resource)))
    amounts = [trial.record.parameters["epochs"] for trial in journal.trials]
    assert amounts == ["1"] * 9 + ["3"] * 3 + ["9"] + ["3"] * 5 + ["9"] * 5
    assert [trial.params["epochs"] for trial in journal.trials] == [float(amount) for amount in amounts]


def test_a_trial_without_a_value_is_not_promoted() -> None:
    """The rung after it has as many trials as there are values, if those are fewer than its places."""
    made = hyperband()
    journal = completed(
        made, lambda number, texts: None if number < 7 or number == 13 else rate(number, texts)
    )
    assert sizes(journal, made) == [9, 2, 1, 5, 2, 3]
    assert {trial.note["parent"] for trial in journal.trials[9:11]} == {7, 8}


def test_where_none_has_a_value_the_next_bracket_begins() -> None:
    """Nothing can be promoted."""
    made = hyperband()
    journal = completed(made, lambda number, texts: None if number < 9 else rate(number, texts))
    assert sizes(journal, made) == [9, 0, 0, 5, 2, 3]


def test_a_trial_that_was_stopped_early_is_not_promoted() -> None:
    """However good: it is known for less of the resource than the others."""
    suggestions = search(hyperband())
    for _ in range(9):
        record = asked(suggestions)
        state = "EarlyStopped" if record.number == 4 else "Succeeded"
        outcome = TrialCondition(state, "", "")  # type: ignore[arg-type]
        suggestions.journal.write(replace(record, name=f"search-{record.number}", outcome=outcome))
        suggestions.tell(record.number, 0.0 if record.number == 4 else 1.0)
    for _ in range(3):
        asked(suggestions)
    assert [trial.note["parent"] for trial in suggestions.journal.trials[9:]] == [0, 1, 2]


def test_a_rung_waits_for_the_last_of_the_one_before() -> None:
    """Until then there is no suggestion, and the search has not ended."""
    suggestions = search(hyperband())
    records = [asked(suggestions) for _ in range(9)]
    for record in records[1:]:
        end(suggestions, record.number, 1.0)
        assert (suggestions.ask(), suggestions.ended) == (None, False)
    end(suggestions, records[0].number, 0.5)
    assert suggestions.journal.trials[asked(suggestions).number].note["parent"] == 0


def place(trial: StudyTrial) -> tuple[int, int]:
    """The rung that a trial belongs to."""
    return trial.note["bracket"], trial.note["rung"]


def interrupted(made: Experiment, value: Value, parallel: int, kills: float, seed: int) -> Journal:
    """A whole search, some trials at a time, that end in any order; again and again its engine is killed.

    A rung begins only when no trial runs.
    """
    chance, journal = Random(seed), Journal("search")
    suggestions, running = open_study(made, journal), list[int]()
    while True:
        if chance.random() < kills:
            suggestions = open_study(made, journal)
        if len(running) < parallel and (suggestion := suggestions.ask()):
            assert not running or place(journal.trials[-2]) == place(journal.trials[-1])
            running.append(suggestion.number)
        elif running:
            number = running.pop(chance.randrange(len(running)))
            end(suggestions, number, value(number, journal.trials[number].record.parameters))
        else:
            assert suggestions.ended
            return journal


@given(
    st.sampled_from([("9", "3"), ("8", "2"), ("10", "2.5"), ("3", "3")]),
    st.integers(1, 12),
    st.sampled_from([0.0, 0.3, 1.0]),
    st.sampled_from([0.0, 0.3, 0.9]),
    st.integers(0, 10**6),
)
@settings(deadline=None, max_examples=60)
def test_interruptions_and_parallel_trials_change_nothing(
    plan: tuple[str, str], parallel: int, kills: float, fails: float, seed: int
) -> None:
    """The same trials in the same order, whatever was killed, however many run and whichever ends first."""
    made = hyperband(*plan)

    def value(number: int, texts: Mapping[str, str]) -> float | None:
        chance = Random(f"{seed}/{number}")
        return None if chance.random() < fails else chance.randrange(4)

    expected, found = completed(made, value), interrupted(made, value, parallel, kills, seed)
    assert [(each.note, each.record.parameters) for each in found.trials] == [
        (each.note, each.record.parameters) for each in expected.trials
    ]
    assert not any(trial.state == RUNNING for trial in found.trials)


def test_another_budget_or_number_of_trials_at_a_time_changes_nothing() -> None:
    """The plan knows neither, so that a search that goes on with more of them runs what was left of it."""
    whole = completed(hyperband())
    journal = Journal("search")
    for budget, parallel in ((4, 1), (11, 5)):
        suggestions = open_study(hyperband(budget=budget, parallel=parallel), journal)
        while len(journal.trials) < budget:
            record = asked(suggestions)
            end(suggestions, record.number, rate(record.number, record.parameters))
    completed(hyperband(), journal=journal)
    assert journal.records == whole.records
