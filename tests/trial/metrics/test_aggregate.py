# SPDX-License-Identifier: Apache-2.0
"""Minimum, maximum and latest of what a trial reported, as Katib's controller computes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfp_katib.experiment.defaults import DEFAULT_FILTER
from kfp_katib.experiment.model import Collector
from kfp_katib.results import Metric
from kfp_katib.trial.metrics import collect
from kfp_katib.trial.metrics.aggregate import LONGEST_VALUE_BYTES, NO_TIME, CollectorError, Values


def metric(*texts: str) -> Metric:
    """The metric of a trial that reported these texts, one after the other, without times."""
    values = Values()
    for text in texts:
        values.add(text)
    return values.metric()


@pytest.mark.parametrize(
    ("reported", "expected"),
    [
        (("0.5", "0.3", "0.4"), Metric("0.3", "0.5", "0.4")),
        (("1e-1", "0.1"), Metric("1e-1", "1e-1", "0.1")),
        (("",), Metric("unavailable", "unavailable", "")),
        (("0.5", ""), Metric("0.5", "0.5", "")),
        (("", "0.5"), Metric("0.5", "0.5", "0.5")),
        (("nan", "0.5", "0.1"), Metric("nan", "nan", "0.1")),
        (("0.5", "nan"), Metric("0.5", "0.5", "nan")),
        (("inf", "1"), Metric("1", "inf", "1")),
        (("1e999", "1"), Metric("1", "1", "1")),
        (("high", "1", "low"), Metric("1", "1", "low")),
        ((), Metric()),
    ],
    ids=["numbers", "text of the first", "empty", "then empty", "empty first", "NaN sticks", "NaN later",
         "infinity", "overflow", "words", "nothing"],
)  # fmt: skip
def test_min_max_and_latest(reported: tuple[str, ...], expected: Metric) -> None:
    """Texts stay as they are; what Go cannot parse counts for `latest` alone."""
    assert metric(*reported) == expected


def test_the_latest_is_the_latest_by_time() -> None:
    """Values are taken in order of their times; of equal times, the one reported later."""
    early, late = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 2, tzinfo=UTC)
    values = Values()
    for text, time in [("3", late), ("1", early), ("2", late), ("4", NO_TIME)]:
        values.add(text, time)
    assert values.metric() == Metric("1", "4", "2")


@pytest.mark.parametrize(
    ("written", "expected"),
    [("loss=1", [Metric("1", "1", "1"), Metric()]), ("accuracy=1", [Metric(), Metric()])],
    ids=["the objective alone", "all but the objective"],
)
def test_each_metric_has_an_entry(tmp_path: Path, written: str, expected: list[Metric]) -> None:
    """One that was never reported is unavailable; without the objective Katib's collector drops the rest."""
    (tmp_path / "log").write_text(written)
    collector = Collector("StdOut", "", "TEXT", (DEFAULT_FILTER,))
    found = collect(collector, ["loss", "accuracy"], tmp_path / "log")
    assert list(found.values()) == expected


REPORTS = st.lists(
    st.tuples(
        st.sampled_from(["1", "1.0", "2", "-0", "0", "nan", "inf", "", "high", "1e999", "1_0"]),
        st.integers(0, 3),
    )
)


def in_order(reports: list[tuple[str, int]]) -> Metric:
    """The metric as Katib computes it: sorted by time, then one value after the other."""
    low = high = latest = "unavailable"
    for text, _ in sorted(reports, key=lambda report: report[1]):
        latest = text
        if text in ("", "high", "1e999"):
            continue
        if low == "unavailable":
            low = high = text
        elif float(text) < float(low):
            low = text
        elif float(text) > float(high):
            high = text
    return Metric(low, high, latest)


def taken(reports: list[tuple[str, int]]) -> Values:
    """The same, value by value as they come."""
    values = Values()
    for text, day in reports:
        values.add(text, NO_TIME + timedelta(days=day))
    return values


@given(REPORTS)
def test_the_order_of_times_counts_and_not_that_of_the_report(reports: list[tuple[str, int]]) -> None:
    """Kept are four values; they give what all of them give in Katib's order."""
    assert taken(reports).metric() == in_order(reports)


@given(REPORTS, REPORTS)
def test_two_reports_make_one(first: list[tuple[str, int]], second: list[tuple[str, int]]) -> None:
    """Merged values are those of one report after the other."""
    values = taken(first)
    values.merge(taken(second))
    assert values.metric() == in_order(first + second)


@given(st.lists(st.sampled_from(["1", "01", "2", "-0", "0", "", "+", "1e999", "e5", ".5"]), max_size=6))
def test_many_at_once_are_as_one_by_one(texts: list[str]) -> None:
    """What the default filter finds in a block goes in at once."""
    values = Values()
    values.add("1.5")
    values.add_undated([text.encode() for text in texts])
    assert values.metric() == metric("1.5", *texts)


@pytest.mark.parametrize("text", ["9" * (LONGEST_VALUE_BYTES + 1), "ä" * (LONGEST_VALUE_BYTES // 2 + 1)])
def test_a_value_that_no_database_holds(text: str) -> None:
    """MySQL's TEXT has 65,535 bytes; the report would fail."""
    with pytest.raises(CollectorError, match="longer than the 65535 bytes"):
        metric(text)
    with pytest.raises(CollectorError, match="longer than the 65535 bytes"):
        Values().add_undated([b"0", b"2", b"1." + b"0" * LONGEST_VALUE_BYTES])
    assert metric("9" * LONGEST_VALUE_BYTES).min == "unavailable"


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_min_and_max_are_those_of_the_numbers(values: list[float]) -> None:
    """For finite numbers the text's numbers are Python's own min and max."""
    found = metric(*map(repr, values))
    assert (float(found.min), float(found.max)) == (min(values), max(values))
    assert found.latest == repr(values[-1])
