# SPDX-License-Identifier: Apache-2.0
"""Metrics in lines, as Katib's file collector reads them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfp_katib.local.metrics.lines import read_json, read_text
from kfp_katib.local.metrics.observation import NO_TIME, CollectorError, timestamp

DEFAULT = r"([\w|-]+)\s*=\s*([+-]?\d*(\.\d+)?([Ee][+-]?\d+)?)"


def texts(line: str, *metrics: str, filters: tuple[str, ...] = (DEFAULT,)) -> list[tuple[str, str]]:
    """Names and values in a text."""
    return [(found.metric, found.value) for found in read_text(line, metrics or ("loss",), filters)]


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("loss=0.3", ["0.3"]),
        ("loss = .98", [".98"]),
        ("loss=1e-3", ["1e-3"]),
        ("loss=-2", ["-2"]),
        ("loss: 0.3", []),
        ("val_loss=0.2", []),
        ("train/loss=0.2", ["0.2"]),
        ("loss=nan", [""]),
        ("loss=NaN", [""]),
        ("loss=inf", [""]),
        ("loss=None", [""]),
        ("loss='0.1'", [""]),
        ("loss==0.4", [""]),
        ("loss=-inf", ["-"]),
        ("loss=1,234.5", ["1"]),
        ("loss=1.", ["1"]),
        ("\x1b[31mloss=0.3\x1b[0m", []),
        ("\x1b[1mloss\x1b[0m=0.3", []),
        ("epoch 1: loss=0.4, loss=0.3", ["0.4", "0.3"]),
        ("löss=0.3 loss=0.1", ["0.1"]),
        ("loss=٣", [""]),
        ("", []),
    ],
)
def test_the_default_filter(line: str, values: list[str]) -> None:
    """Values are taken verbatim; a value that is no number leaves an empty text."""
    assert texts(line) == [("loss", value) for value in values]


def test_several_metrics_in_order_of_the_lines() -> None:
    """Each line is searched for every metric; other names are passed over."""
    found = texts("loss=1 accuracy=0.5 other=3\naccuracy=0.6\n", "loss", "accuracy")
    assert found == [("loss", "1"), ("accuracy", "0.5"), ("accuracy", "0.6")]


def test_a_name_with_a_slash_never_matches_the_default_filter() -> None:
    """The filter's name has no slash in it, so `train/loss` is seen as `loss`."""
    assert texts("train/loss=0.2", "train/loss") == []


@pytest.mark.parametrize(
    ("expression", "line", "values"),
    [
        (r"(loss): ([0-9.]+)", "loss: 0.3", ["0.3"]),
        (r"(\w+) is (\S+)", "loss is nan", ["nan"]),
        (
            r"{metricName: ([\w|-]+), metricValue: ((-?\d+)(\.\d+)?)}",
            "{metricName: loss, metricValue: 0.5}",
            ["0.5"],
        ),
        (r"([[:alpha:]]+)=(?i)(nan)", "loss=NaN", ["NaN"]),
        (r"(loss)", "loss=1", []),
        (r"(loss)(x)?", "loss", [""]),
    ],
    ids=["colon", "words", "Katib's example", "RE2 syntax", "one group", "empty group"],
)
def test_filters_are_re2_expressions(expression: str, line: str, values: list[str]) -> None:
    """Group 1 is the name and group 2 the value; an expression with fewer groups finds nothing."""
    assert texts(line, filters=(expression,)) == [("loss", value) for value in values]


def test_every_filter_is_tried() -> None:
    """A value that two filters find counts twice."""
    assert texts("loss=1", filters=(DEFAULT, r"(loss)=(\d)")) == [("loss", "1"), ("loss", "1")]


@pytest.mark.parametrize(
    ("line", "time"),
    [
        ("2024-01-02T03:04:05Z loss=1", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2024-01-02T03:04:05.123456789+02:00 loss=1", datetime(2024, 1, 2, 1, 4, 5, 123456, UTC)),
        ("2024-01-02T3:04:05+24:00 loss=1", datetime(2024, 1, 1, 3, 4, 5, tzinfo=UTC)),
        ("2024-01-02 03:04:05 loss=1", NO_TIME),
        ("loss=1 2024-01-02T03:04:05Z", NO_TIME),
        ("loss=1", NO_TIME),
    ],
    ids=["UTC", "offset", "what Go lets pass", "blank inside", "not first", "none"],
)
def test_a_line_may_begin_with_its_time(line: str, time: datetime) -> None:
    """The first word of a line is its time if Go can read it as RFC 3339."""
    assert [found.time for found in read_text(line, ("loss",), (DEFAULT,))] == [time]


@pytest.mark.parametrize(
    "text",
    ["2024-13-01T00:00:00Z", "2024-01-02T03:04:05", "24-01-02T03:04:05Z", "x", "2024-01-02T03:04:05+25:00"],
)
def test_what_is_no_time(text: str) -> None:
    """Impossible dates and times without a zone are no times."""
    assert timestamp(text) is None


@given(st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1), timezones=st.just(UTC)))
def test_every_time_that_python_prints_is_read(moment: datetime) -> None:
    """ISO 8601 as Python writes it is read back to the microsecond."""
    assert timestamp(moment.isoformat()) == moment


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ('{"loss": "0.3"}', ["0.3"]),
        ('{"loss": 0.3}', []),
        ('{"loss": "nan"}', ["nan"]),
        (r'{"loss": "\ud800"}', ["\ufffd"]),
        ('{"other": "1"}', []),
        ("null", []),
        ("", []),
        ('{"loss": "1"}\n{"loss": "2"}\n', ["1", "2"]),
    ],
    ids=["text", "number", "any text", "half a surrogate", "other", "null", "empty", "two lines"],
)
def test_json_values_must_be_strings(line: str, values: list[str]) -> None:
    """Numbers are passed over in silence, as in Katib."""
    assert [found.value for found in read_json(line, ("loss",))] == values


@pytest.mark.parametrize(
    "line",
    [
        "loss=0.3",
        "[1]",
        '"loss"',
        "{",
        '{"loss": NaN}',
        '{"loss": 1e999}',
        " ",
        '{"loss": "1"} x',
        "[" * 100_000,
    ],
)
def test_one_line_that_is_no_json_object_ends_the_collector(line: str) -> None:
    """Katib's collector stops with an error, and the trial fails; ours says which line."""
    with pytest.raises(CollectorError, match="Line 2 of the metrics file is no JSON"):
        read_json('{"loss": "0.3"}\n' + line, ("loss",))


@pytest.mark.parametrize(
    ("stamp", "time"),
    [
        ('"2024-01-02T03:04:05Z"', datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("1700000000", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        ("1700000000.5", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        ("1700000000.123456", datetime(2023, 11, 14, 22, 13, 20, 123, UTC)),
        ('"yesterday"', NO_TIME),
        ("true", NO_TIME),
        ("[]", NO_TIME),
    ],
)
def test_the_time_of_a_json_line(stamp: str, time: datetime) -> None:
    """RFC 3339, or seconds whose fraction Katib reads as a count of nanoseconds."""
    found = read_json(f'{{"timestamp": {stamp}, "loss": "1"}}', ("loss",))
    assert [each.time for each in found] == [time]


def test_a_time_beyond_all_years_ends_the_collector() -> None:
    """Katib's database refuses it, so that the report fails."""
    with pytest.raises(CollectorError, match="out of range"):
        read_json('{"timestamp": 1e300, "loss": "1"}', ("loss",))


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Whatever a trial prints, the reader gives values or nothing."""
    assert all(found.metric == "loss" for found in read_text(text + "\nloss=1", ("loss",), (DEFAULT,)))
