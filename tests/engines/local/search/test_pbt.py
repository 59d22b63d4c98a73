# SPDX-License-Identifier: Apache-2.0
"""Population based training answers as Katib's service can, from the journal alone, inside its space."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from kfp_katib.engines.local.search.suggestions import Suggestions
from kfp_katib.errors import InputError
from kfp_katib.results import TrialCondition
from tests.builders.experiment import double, objective
from tests.engines.local.search.katibs_pbt import KatibsPbt
from tests.engines.local.search.populations import SPACE, pbt
from tests.engines.local.search.searching import asked, bowl, run, search

STATES = ("Succeeded", "EarlyStopped", "Failed", "Killed", "MetricsUnavailable")
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


def end(suggestions: Suggestions, number: int, value: float | None, state: str = "Succeeded") -> None:
    """A trial has ended, each a second after the one before."""
    ended = sum(trial.told for trial in suggestions.journal.trials)
    record = replace(
        suggestions.journal.trials[number].record,
        name=f"search-{number}",
        outcome=TrialCondition(state, "", ""),  # type: ignore[arg-type]
        ended=BEGINNING + timedelta(seconds=ended),
    )
    suggestions.journal.write(record)
    suggestions.tell(number, value)


def answer(suggestions: Suggestions, number: int) -> tuple[Mapping[str, str], int, int | None]:
    """What was suggested for a trial."""
    trial = suggestions.journal.trials[number]
    return trial.record.parameters, trial.note["generation"], trial.note["parent"]


def may_follow(name: str, before: str, text: str) -> bool:
    """Whether Katib's `perturb` can make one value of another; an 8 stays one where Katib makes it `8.0`."""
    parameter = next(each for each in SPACE if each.name == name)
    low, high = parameter.space.min, parameter.space.max
    if parameter.type == "categorical":
        place, values = parameter.space.list.index(before), parameter.space.list
        return text in (values[place - 1], values[(place + 1) % len(values)])
    for factor in (0.8, 1.2):
        if parameter.type == "int":
            if text == str(max(int(low), min(int(high), int(int(before) * factor)))):
                return True
        elif text == str(max(float(low), min(float(high), float(before) * factor))):
            return True
    return False


@pytest.mark.parametrize("kind", ["minimize", "maximize"])
@pytest.mark.parametrize(("population", "share"), [(5, "0.4"), (6, "0.2"), (5, "0"), (5, "1"), (8, "0.75")])
def test_each_suggestion_is_one_that_katib_can_make(population: int, share: str, kind: Any) -> None:
    """Whatever ends in whatever order: queue, pools, generations, parents, values."""
    for seed in range(6):
        chance = Random(seed)
        suggestions = search(pbt(population=population, share=share, objective=objective(kind)))
        greater: dict[int, float] = {}
        katib = KatibsPbt(population, float(share), greater, may_follow)
        running: list[int] = []
        for number in range(90):
            running.append(asked(suggestions).number)
            assert katib.allows(number, answer(suggestions, number))
            for _ in range(chance.choice((0, 1, 1, 2)) if len(running) < 7 else 2):
                if running:
                    one = running.pop(chance.randrange(len(running)))
                    state = chance.choices(STATES, (20, 2, 2, 1, 1))[0]
                    value = chance.choice((chance.random(), float(chance.randrange(3))))
                    greater[one] = value if kind == "maximize" else -value
                    end(suggestions, one, value if state in STATES[:2] else None, state)
                    katib.ended(one, state)


def test_one_trial_at_a_time_makes_generations_of_one_more_than_the_population() -> None:
    """As Katib's service does: a generation is over when more trials have ended than the population has."""
    suggestions = search(pbt())
    run(suggestions, 24, lambda texts: float(texts["lr"]))
    assert [trial.note["generation"] for trial in suggestions.journal.trials] == [0] * 6 + [1] * 6 + [
        2
    ] * 6 + [3] * 6


def test_a_loser_begins_from_the_checkpoint_whose_values_it_takes() -> None:
    """Katib leaves it its own, which the values were not found with; the paper copies both."""
    suggestions = search(pbt())
    run(suggestions, 7, lambda texts: float(texts["lr"]))
    values = [float(trial.record.parameters["lr"]) for trial in suggestions.journal.trials[:6]]
    texts, generation, parent = answer(suggestions, 6)
    assert (texts["lr"], generation) == (str(values[parent or 0]), 1)
    assert parent in np.argsort(values)[:3]


def test_a_population_may_be_larger_than_memory() -> None:
    """Its trials are drawn as they are asked for."""
    larger, usual = (run(search(pbt(population=count)), 5, lambda texts: 1.0) for count in (10**12, 5))
    assert larger == usual


def test_a_failed_trial_is_queued_again() -> None:
    """With its values, its generation and its parent, behind those that wait already."""
    suggestions = search(pbt())
    first = [asked(suggestions).number for _ in range(2)]
    end(suggestions, first[0], None, "Failed")
    later = [asked(suggestions).number for _ in range(4)]
    assert [answer(suggestions, number) == answer(suggestions, 0) for number in later] == [False] * 3 + [True]


@pytest.mark.parametrize("value", [None, float("nan")])
def test_a_trial_without_a_value_takes_no_part(value: float | None) -> None:
    """Katib's service does not see it; it is neither in a pool nor run again."""
    suggestions = search(pbt())
    for _ in range(5):
        end(
            suggestions,
            asked(suggestions).number,
            value,
            "MetricsUnavailable" if value is None else "Succeeded",
        )
    assert len({str(answer(suggestions, number)) for number in range(5)}) == 5
    assert answer(suggestions, asked(suggestions).number)[1:] == (0, None)
    assert suggestions.copyable() == {5}


@pytest.mark.parametrize("probability", ["0", "0.5", "1"])
def test_values_are_drawn_anew_with_the_resample_probability(probability: str) -> None:
    """Each by itself; Katib refuses the setting, as it compares a text with numbers."""
    space = tuple(double(f"x{place}", "0", "1") for place in range(40))
    suggestions = search(pbt(space, share="0", settings={"resample_probability": probability}))
    run(suggestions, 7, lambda texts: 1.0)
    texts, _, parent = answer(suggestions, 6)
    before = suggestions.journal.trials[parent or 0].record.parameters
    changed = sum(texts[name] != before[name] for name in texts)
    assert changed == {"0": 0, "1": 40}.get(probability, pytest.approx(20, abs=14))


def test_the_same_journal_gives_the_same_suggestion(tmp_path: Path) -> None:
    """Read anew after every trial, with running and failed ones, and another number of them at a time."""

    def story(resumed: bool) -> list[Any]:
        made = pbt()
        folder = tmp_path / str(resumed)
        suggestions, running, chance = search(made, folder), list[int](), Random(3)
        for _ in range(60):
            if resumed:
                suggestions = search(replace(made, parallel_trial_count=chance.randrange(1, 9)), folder)
            else:
                chance.randrange(1, 9)
            running.append(asked(suggestions).number)
            if len(running) > 3:
                one = running.pop(chance.randrange(4))
                end(
                    suggestions,
                    one,
                    chance.random() if one % 7 else None,
                    "Succeeded" if one % 7 else "Failed",
                )
        return [answer(suggestions, number) for number in range(60)]

    assert story(resumed=True) == story(resumed=False)


def test_what_may_be_copied_does_not_grow() -> None:
    """Two populations and what runs, however many generations there are."""
    suggestions = search(pbt())
    counts = []
    for _ in range(300):
        record = asked(suggestions)
        counts.append(len(suggestions.copyable() or ()))
        end(suggestions, record.number, bowl({"lr": record.parameters["lr"]}))
    assert max(counts) <= 2 * 6 + 1


def test_a_point_of_the_users_joins_the_population() -> None:
    """As one of generation 0, wherever it comes; what it leaves open is drawn, not taken off the queue."""
    plain = search(pbt())
    run(plain, 5, lambda texts: float(texts["lr"]))
    suggestions = search(pbt())
    suggestions.enqueue([{"lr": "0.01"}])
    run(suggestions, 7, lambda texts: float(texts["lr"]))
    trials = suggestions.journal.trials
    assert [trial.enqueued for trial in trials] == [0] + [None] * 6
    assert [each.record.parameters for each in trials[1:6]] == [
        each.record.parameters for each in plain.journal.trials[:5]
    ]
    assert answer(suggestions, 6)[1] == 1
    assert 0 in (suggestions.copyable() or ())


def test_the_next_suggestion_stands_for_a_failed_trial() -> None:
    """Its values are queued already, so that nothing runs twice."""
    suggestions = search(pbt())
    end(suggestions, asked(suggestions).number, None, "Failed")
    retried = suggestions.retry(0)
    assert suggestions.journal.retried == {0}
    assert retried.parameters != suggestions.journal.records[0].parameters
    later = [asked(suggestions).parameters for _ in range(4)]
    assert later[-1] == suggestions.journal.records[0].parameters


@pytest.mark.parametrize("told", [[1], [0, 0]], ids=["running", "twice"])
def test_a_journal_that_tells_of_no_end_is_damaged(told: list[int]) -> None:
    """A message, and no other search."""
    suggestions = search(pbt())
    for _ in range(3):
        asked(suggestions)
    end(suggestions, 0, 1.0)
    damaged = suggestions.journal.trials[2] = replace(suggestions.journal.trials[2], note={"told": told})
    with pytest.raises(
        InputError, match=r"journal is damaged: trial 2 follows the end of trial \d, which did not"
    ):
        Suggestions(suggestions.journal, suggestions._search, "pbt").ask()
    assert damaged.note
