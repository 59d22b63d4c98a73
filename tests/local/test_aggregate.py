# SPDX-License-Identifier: Apache-2.0
"""Minimum, maximum and latest of what a trial reported, as Katib's controller computes them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfp_katib.local.metrics.aggregate import aggregate
from kfp_katib.local.metrics.observation import Observation
from kfp_katib.results import Metric


def metric(*texts: str) -> Metric:
    """The metric of a trial that reported these texts, one after the other, without times."""
    return aggregate([Observation("loss", text) for text in texts], ["loss"])["loss"]


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
    reported = [
        Observation("loss", "3", late),
        Observation("loss", "1", early),
        Observation("loss", "2", late),
        Observation("loss", "4"),
    ]
    assert aggregate(reported, ["loss"])["loss"] == Metric("1", "4", "2")


def test_each_metric_has_an_entry() -> None:
    """A metric that was never reported is unavailable."""
    found = aggregate([Observation("loss", "1")], ["loss", "accuracy"])
    assert found == {"loss": Metric("1", "1", "1"), "accuracy": Metric()}


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_min_and_max_are_those_of_the_numbers(values: list[float]) -> None:
    """For finite numbers the text's numbers are Python's own min and max."""
    found = metric(*map(repr, values))
    assert (float(found.min), float(found.max)) == (min(values), max(values))
    assert found.latest == repr(values[-1])
