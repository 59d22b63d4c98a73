# SPDX-License-Identifier: Apache-2.0
"""The Pareto set in words, and which of it is listed."""

from __future__ import annotations

import pytest

from kfp_katib.report.trade_off import trade_off
from kfp_katib.results import Result
from tests.builders.experiment import objective
from tests.builders.several_objectives import LOSS_AND_SECONDS, compared

FRONT = [(f"{n}", f"{100 - n}") for n in range(100)]


def sentence(found: Result, most: int = 10) -> str:
    """What is said of it."""
    told = trade_off(found, most)
    assert told is not None
    return told.sentence


def test_it_says_what_is_wanted_and_what_the_set_is() -> None:
    """In the manifest's order of metrics."""
    of = objective("maximize", metric="accuracy", compared={"seconds": "min", "f1": "max"})
    assert sentence(compared(of, ("0.9", "2", "1"), ("0.8", "1", "1"), ("0.1", "3", "0"))) == (
        "Wanted: large accuracy, small seconds and large f1. 2 of 3 trials are in the set: a trial that "
        "beats one of them in one metric is worse in another."
    )


def test_a_set_of_one_is_the_best_in_everything() -> None:
    """There is nothing to choose."""
    told = sentence(compared(LOSS_AND_SECONDS, ("1", "1"), ("2", "2")))
    assert told == "Wanted: small loss and small seconds. No other trial beats tune-0 in any of them."


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([("1", "nan"), ("2", "2")], "it has no finite seconds"),
        ([("1", "3"), ("1", "2")], "another has the same loss, and beats it elsewhere"),
    ],
    ids=["no value", "a tie"],
)
def test_where_the_best_trial_is_not_in_it_it_says_why(rows: list[tuple[str, str]], why: str) -> None:
    """A reader looks for it first."""
    told = sentence(compared(LOSS_AND_SECONDS, *rows))
    assert told.endswith(f"The best trial by loss alone, tune-0, is not in the set: {why}.")


@pytest.mark.parametrize(
    ("rows", "missing"),
    [
        ([("1", ""), ("2", "nan")], "seconds"),
        ([("1", "", "1"), ("2", "2", "")], "value of each of loss, seconds, size"),
    ],
    ids=["nowhere", "never together"],
)
def test_without_a_member_it_names_what_is_missing(rows: list[tuple[str, ...]], missing: str) -> None:
    """A metric that no trial has is most likely misspelt."""
    of = objective(compared={"seconds": "min", "size": "min"} if len(rows[0]) == 3 else {"seconds": "min"})
    assert sentence(compared(of, *rows)).endswith(
        f" No trial has a finite {missing}, so there is no Pareto set."
    )


def test_of_a_large_set_a_part_is_listed() -> None:
    """Evenly spread, with both of its ends; and it is said."""
    told = trade_off(compared(LOSS_AND_SECONDS, *FRONT), 10)
    assert told is not None
    assert [each.name.removeprefix("tune-") for each in told.shown] == [
        str(number) for number in range(0, 100, 11)
    ]
    assert len(told.members) == 100
    assert told.sentence.endswith(" 10 of the 100 are listed, evenly spread.")


@pytest.mark.parametrize(
    "found",
    [
        compared(objective(), ("1",)),
        compared(objective(additional=["seconds"]), ("1", "1")),
        compared(LOSS_AND_SECONDS),
        compared(LOSS_AND_SECONDS, ("nan", "1")),
    ],
    ids=["one metric", "no direction", "no trial", "no objective"],
)
def test_where_there_is_nothing_to_compare_nothing_is_said(found: Result) -> None:
    """Every other report stays as it is."""
    assert trade_off(found, 10) is None


def test_values_are_those_that_were_compared() -> None:
    """As Katib's text, with all digits."""
    found = compared(LOSS_AND_SECONDS, ("0.30000000000000004", "1e3"))
    told = trade_off(found, 10)
    assert told is not None
    assert told.values(told.shown[0], found) == ["0.30000000000000004", "1e3"]
