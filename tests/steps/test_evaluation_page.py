# SPDX-License-Identifier: Apache-2.0
"""The page of an evaluation says first whether the model passed, threshold by threshold."""

from __future__ import annotations

import math

import pytest

from kfp_katib.steps.evaluation_page import Judgement, page, verdict, with_verdict
from tests.support.html import read

INF = math.inf
KEPT, MISSED = Judgement("error", 0.2, 0.0, 0.5), Judgement("bias", -1.0, 0.0, INF)
ATTACK = "</section><script>alert(1)</script><img src=x onerror=alert(1)>"


@pytest.mark.parametrize(
    ("judged", "found", "said"),
    [
        ([], True, "Passed: no observable has a threshold."),
        ([KEPT], True, "Passed: the threshold is kept."),
        ([KEPT, KEPT], True, "Passed: all 2 thresholds are kept."),
        ([MISSED], True, "Not passed: 1 of 1 threshold missed."),
        ([KEPT, MISSED], True, "Not passed: 1 of 2 thresholds missed."),
        ([], False, "Not passed: there is no model, so there is nothing to evaluate."),
    ],
)
def test_the_verdict_is_one_sentence(judged: list[Judgement], said: str, *, found: bool) -> None:
    """It stands before everything else."""
    assert verdict(judged, found=found) == said
    assert read(page({}, judged, found=found)).texts("p") == [said]


@pytest.mark.parametrize(
    ("value", "low", "high", "said"),
    [
        (0.5, 0.0, 0.5, "passed: a is 0.5, allowed is 0 to 0.5"),
        (0.6, -INF, 0.5, "not passed: a is 0.6, allowed is at most 0.5"),
        (0.123456789, 1.0, INF, "not passed: a is 0.123457, allowed is at least 1"),
        (math.nan, -INF, INF, "not passed: a is nan, allowed is any finite number"),
        (INF, 0.0, INF, "not passed: a is inf, allowed is at least 0"),
    ],
)
def test_a_judgement_says_value_and_range(value: float, low: float, high: float, said: str) -> None:
    """Both ends belong to the range; an open one is left out."""
    assert str(Judgement("a", value, low, high)) == said


def test_missed_thresholds_come_first() -> None:
    """With the others below, each by its value and its range; all digits on hover."""
    long = Judgement("long", 0.12345678901, 0.0, 1.0)
    (table, _) = read(page({"error": 0.2}, [KEPT, long, MISSED], found=True)).all("table")
    rows = [[cell.text for cell in row] for row in table.all("tr")[1:]]
    assert rows == [
        ["bias", "-1", "at least 0", "missed"],
        ["error", "0.2", "0 to 0.5", "passed"],
        ["long", "0.123457", "0 to 1", "passed"],
    ]
    assert [cell.attributes.get("title") for cell in table.all("td")][-3] == "0.12345678901"


@pytest.mark.parametrize(
    ("own", "before"),
    [
        ('<!DOCTYPE html><html><head><title>t</title></head><BODY class="a">mine', '<BODY class="a">'),
        ("<!doctype html><head></head>mine", "</head>"),
        ("<!doctype html>mine", "<!doctype html>"),
        ("mine", ""),
    ],
)
def test_a_page_of_the_users_own_begins_with_the_verdict(own: str, before: str) -> None:
    """Whatever of a page's parts it leaves out; its own parts stay as they are."""
    text = with_verdict(own, [KEPT])
    at = text.index('<section class="judged"')
    assert text[:at].endswith(before)
    assert text[:at] + text[text.index("</section>") + len("</section>") :] == own


def test_a_page_that_is_not_judged_stays_as_it_is() -> None:
    """Byte for byte."""
    assert with_verdict("<p>mine", []) == "<p>mine"


def test_an_observables_name_is_no_markup() -> None:
    """Wherever it stands."""
    judged = [Judgement(ATTACK, 1.0, 0.0, 2.0)]
    for text in (page({ATTACK: 1.0}, judged, found=True), with_verdict("mine", judged)):
        tree = read(text)
        assert not {"script", "img"} & set(tree.tags)
        assert (tree.loads, tree.handlers) == ([], [])
