# SPDX-License-Identifier: Apache-2.0
"""A stopping rule is looked at once, at exactly one report, with the best value until then."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfp_katib.trial.stop_rule import StopRule, Watch, stop_rule
from tests.engines.local.katibs_medianstop import stopped_at

GREATER = StopRule("loss", "0.5", "greater", 3)
LESS = StopRule("accuracy", "0.5", "less", 3)


def stops_at(rule: StopRule, *reports: str) -> int | None:
    """At which report a trial is stopped."""
    watch = Watch(rule)
    for place, text in enumerate(reports, start=1):
        watch.take(rule.metric, text)
        if watch.stops:
            return place
    return None


@pytest.mark.parametrize(
    ("rule", "reports", "at"),
    [
        (GREATER, ("0.9", "0.9", "0.9"), 3),
        (GREATER, ("0.9", "0.9"), None),
        (GREATER, ("0.9", "0.9", "0.5"), None),
        (GREATER, ("0.1", "0.9", "0.9"), None),
        (GREATER, ("0.9", "0.9", "0.1", "9", "9", "9", "9"), None),
        (LESS, ("0.1", "0.1", "0.1"), 3),
        (LESS, ("0.1", "0.5", "0.1"), None),
        (LESS, ("0.9", "0.1", "0.1"), None),
        (StopRule("loss", "0.5", "greater", 1), ("0.9",), 1),
    ],
    ids=[
        "worse at the third report",
        "not so many reports",
        "equal is not worse",
        "the best so far counts",
        "never looked at again",
        "maximized",
        "maximized and equal",
        "maximized, the best so far",
        "at the first report",
    ],
)
def test_a_rule_is_looked_at_once(rule: StopRule, reports: tuple[str, ...], at: int | None) -> None:
    """At its step: no sooner, no later, with a strict comparison."""
    assert stops_at(rule, *reports) == at


@pytest.mark.parametrize("text", ["nan", "inf", "-Inf", "", "oops", "1e999", "\u0663"])
def test_what_is_no_number_is_not_counted(text: str) -> None:
    """Katib's collector ends with an error there."""
    assert stops_at(GREATER, "0.9", text, "0.9", text) is None
    assert stops_at(GREATER, "0.9", text, "0.9", text, "0.9") == 5


def test_other_metrics_are_not_counted() -> None:
    """Neither for the step nor for the best value."""
    watch = Watch(GREATER)
    for metric in ("loss", "val_loss", "loss", "val_loss"):
        watch.take(metric, "0.1" if metric == "val_loss" else "0.9")
    assert (watch.stops, watch.left) == (False, 1)
    watch.take("loss", "0.9")
    assert (watch.stops, watch.left) == (True, 0)


def test_its_text_is_katibs_argument() -> None:
    """Name, value, comparison, step."""
    assert GREATER.text == "loss;0.5;greater;3"
    assert stop_rule(GREATER.text) == GREATER
    assert stop_rule("a;b;0.5;less;1") == StopRule("a;b", "0.5", "less", 1)


@pytest.mark.parametrize(
    "text",
    [
        *("", "loss", "loss;0.5;greater", "loss;;greater;3", "loss;0.5;equal;3", "loss;0.5;less;0"),
        *(";0.5;less;3", "loss;nan;less;3", "loss;0.5;less;x"),
    ],
)
def test_what_is_no_rule(text: str) -> None:
    """It comes from a journal, in which anything may stand."""
    with pytest.raises(ValueError, match=r"rule|unpack|int\(\)"):
        stop_rule(text)


NUMBERS = st.floats(-10, 10).map(str) | st.sampled_from(["0", "1", "-1", "0.5", "1e-3"])


@given(NUMBERS, st.booleans(), st.integers(1, 6), st.lists(NUMBERS, max_size=12))
def test_it_decides_as_katibs_collector(value: str, maximize: bool, step: int, reports: list[str]) -> None:
    """The same trials are stopped, at the same report."""
    rule = StopRule("loss", value, "less" if maximize else "greater", step)
    katibs = stopped_at(reports, (value, rule.comparison, step), maximize=maximize)
    assert stops_at(rule, *reports) == katibs
