# SPDX-License-Identifier: Apache-2.0
"""Objectives whose values may be texts, as the genotypes are that darts finds: the same rule as Katib's."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfp_katib.results import (
    UNAVAILABLE,
    Score,
    Trial,
    TrialState,
    best_trial,
    compared,
    from_json,
    is_text,
    katib_best_trial,
    ranked,
    to_json,
    trials_csv,
)
from kfp_katib.results.verdict import BUDGET_SPENT, verdict
from tests.builders.experiment import experiment, objective
from tests.builders.result import result, trial

TEXTS = replace(objective("maximize", goal=0.5), texts=True)
DARTS = experiment("darts", (), objective=TEXTS, budget=3)
GENOTYPE = "Genotype(normal=[[('max_pooling_3x3', 0)]], normal_concat=range(2, 3), reduce=[])"


def trials(*values: str) -> list[Trial]:
    """Succeeded trials that reported these, in order of creation."""
    return [trial(number, value, parameters={"num-layers": "3"}) for number, value in enumerate(values)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GENOTYPE, True),
        ("0.1s", True),
        ("1,5", True),
        ("1e400", True),
        ("0.5", False),
        ("nan", False),
        ("-inf", False),
        ("", False),
        (UNAVAILABLE, False),
    ],
)
def test_what_a_text_is(text: str, expected: bool) -> None:
    """What Go's ParseFloat refuses; an empty one says nothing."""
    assert is_text(text) == expected


@pytest.mark.parametrize(
    ("values", "best"),
    [
        ([GENOTYPE], 0),
        (["Genotype(a)", "Genotype(b)", "Genotype(a)"], 2),
        (["Genotype(a)", "", "nan"], 0),
        (["0.1", "0.9", "Genotype(a)"], 2),
        (["0.1", "0.9", "0.2"], 1),
        (["", "nan"], None),
    ],
)
def test_the_latest_text_is_best(values: list[str], best: int | None) -> None:
    """A text beats any number; without one, numbers compete as ever."""
    known = trials(*values)
    assert best_trial(known, TEXTS) == (None if best is None else known[best])


@given(st.lists(st.sampled_from(["Genotype(a)", "Genotype(b)"]), min_size=1, max_size=6))
def test_of_texts_alone_the_best_is_katibs(values: list[str]) -> None:
    """`updateTrialsSummary` takes the last of the listed trials whose value is no number."""
    known = trials(*values)
    assert best_trial(known, TEXTS) == katib_best_trial(known, TEXTS) == known[-1]
    assert ranked(known, TEXTS) == known[::-1]


@pytest.mark.parametrize("values", [*permutations(["Genotype(a)", "0.7", "Genotype(b)", "nan"])])
def test_counting_trial_by_trial_comes_to_the_same(values: tuple[str, ...]) -> None:
    """In whatever order they end: of two texts the trial that was created later wins."""
    known = trials(*values)
    running = [replace(each, state="Running", metrics={}) for each in known]
    for order in (known, known[::-1]):
        score = Score(TEXTS)
        for each in (*running, *order):
            score.take(each)
        assert score.best == best_trial(known, TEXTS)


@pytest.mark.parametrize("state", ["Running", "Failed", "Killed", "MetricsUnavailable"])
def test_a_text_of_a_trial_that_did_not_succeed_does_not_count(state: TrialState) -> None:
    """It has to have succeeded, or to have been stopped early."""
    assert compared(replace(trials(GENOTYPE)[0], state=state), TEXTS) is None


@pytest.mark.parametrize("algorithm", ["random", "enas", "tpe"])
def test_for_every_other_algorithm_a_text_is_no_value(algorithm: str) -> None:
    """It is never the best, and the search that has nothing else ends without a best trial."""
    found = result(trials(GENOTYPE, "Genotype(b)"), experiment(algorithm))
    assert (found.best, found.succeeded) == (None, False)
    assert "Katib's own rule names trial 'tune-1'" in found.notes[0]


def test_a_text_reaches_no_goal() -> None:
    """The search goes on to its budget, with any goal."""
    score = Score(TEXTS)
    for number, each in enumerate(trials(*[GENOTYPE] * 3)):
        assert verdict(DARTS, score, search_ended=False) is None, number
        score.take(each)
    assert verdict(DARTS, score, search_ended=False) == BUDGET_SPENT


def test_a_search_with_texts_has_succeeded() -> None:
    """Nothing has to be said of it: Katib names the same trial."""
    found = result(trials("Genotype(a)", GENOTYPE), DARTS)
    assert (found.succeeded, found.usable, found.notes) == (True, True, ())
    assert found.best == found.trials[1]
    assert found.katib_best == "tune-1"
    assert found.best_value is None
    assert "best loss Genotype(normal=[[('max_pooling_3x3', 0)]]" in repr(found)


def test_katib_may_have_listed_another_last() -> None:
    """Its cache has no order; the note says which rule decides."""
    (note,) = result(trials("Genotype(a)", "Genotype(b)"), DARTS, katib_best="tune-0").notes
    assert note == (
        "Katib's own rule names trial 'tune-0', whose loss is 'Genotype(a)'; we take 'tune-1' with "
        "Genotype(b): of trials whose value is a text the latest counts."
    )


def test_what_other_programs_read() -> None:
    """The text stands where a number would: in JSON, CSV and the table, and comes back from JSON."""
    found = result(trials("Genotype(a)", GENOTYPE, "nan"), DARTS)
    document = json.loads(to_json(found))
    assert (document["best_trial"], document["best_value"]) == ("tune-1", GENOTYPE)
    assert [each["objective"] for each in document["trials"]] == ["Genotype(a)", GENOTYPE, None]
    assert f'"{GENOTYPE}"' in trials_csv(found).splitlines()[2]
    table = found.dataframe()
    assert table["objective"].tolist() == ["Genotype(a)", GENOTYPE, None]
    assert best_trial(from_json(to_json(found), "it"), TEXTS) is not None
