# SPDX-License-Identifier: Apache-2.0
"""Metrics in lines, as Katib's file collector reads them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfp_katib.experiment.defaults import DEFAULT_FILTER as DEFAULT
from kfp_katib.trial.metrics.aggregate import NO_TIME, CollectorError, timestamp
from kfp_katib.trial.plain_file import LONGEST_LINE_BYTES
from tests.trial.metrics.listed import read_text


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
    """Values are taken verbatim; a value that is not a number leaves an empty text."""
    assert texts(line) == [("loss", value) for value in values]


def test_several_metrics_in_order_of_the_lines() -> None:
    """Each line is searched for every metric; other names are passed over."""
    found = texts("loss=1 accuracy=0.5 other=3\naccuracy=0.6\n", "loss", "accuracy")
    assert sorted(found) == [("accuracy", "0.5"), ("accuracy", "0.6"), ("loss", "1")]


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
    """Impossible dates and times without a zone are not times."""
    assert timestamp(text) is None


@given(st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1), timezones=st.just(UTC)))
def test_every_time_that_python_prints_is_read(moment: datetime) -> None:
    """ISO 8601 as Python writes it is read back to the microsecond."""
    assert timestamp(moment.isoformat()) == moment


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Whatever a trial prints, the reader gives values or nothing."""
    assert all(found.metric == "loss" for found in read_text(text + "\nloss=1", ("loss",), (DEFAULT,)))


WORDS = ["loss", "accuracy", "x", "-", "|", "3", ".5", "e-2", "=", " = ", " ", "\t", "\n", "\r", "+", ",",
         "é", "\x1b[0m", "2024-01-02T03:04:05Z "]  # fmt: skip


@given(st.lists(st.sampled_from(WORDS), max_size=30).map("".join))
def test_the_default_filter_finds_what_re2_finds(text: str) -> None:
    """Katib's default filter has a reader of its own here; RE2, given a bracket more, must agree."""
    metrics = ("loss", "accuracy", "3")
    found = read_text(text, metrics, (DEFAULT,))
    by_re2 = read_text(text, metrics, (f"(?:{DEFAULT})",))
    assert sorted(found, key=lambda each: each.metric) == sorted(by_re2, key=lambda each: each.metric)


@given(
    st.lists(st.sampled_from(WORDS), max_size=30).map("".join),
    st.integers(1, 20),
    st.sampled_from([DEFAULT, r"(\w+)=(\S+)"]),
)
def test_it_does_not_matter_how_the_file_arrives(text: str, size: int, expression: str) -> None:
    """Values and times are those of the whole file, however it is cut."""
    whole = read_text(text, ("loss", "3"), (expression,))
    in_pieces = read_text(text, ("loss", "3"), (expression,), size)
    assert sorted(in_pieces, key=lambda each: each.metric) == sorted(whole, key=lambda each: each.metric)


@pytest.mark.parametrize(
    ("line", "values"),
    [
        (b"loss=\xff0.5", ["\ufffd0.5"]),
        (b"loss=\xc3\x280.5", ["\ufffd(0.5"]),
        (b"loss=\xf0\x9f", ["\ufffd\ufffd"]),
        (b"loss=0\x000.5", ["0\x000.5"]),
        ("loss=\u20030.5\u2003".encode(), ["0.5"]),
        (b"loss=\x1c0.5", ["\x1c0.5"]),
    ],
    ids=["byte", "broken pair", "cut off", "NUL", "Unicode's blanks", "Python's own blanks"],
)
def test_bytes_that_are_no_text(line: bytes, values: list[str]) -> None:
    """Each byte that is no UTF-8 is one U+FFFD, as in Go; blanks are Unicode's."""
    found = read_text(line, ("loss",), (r"(loss)=(.*)",))
    assert [each.value for each in found] == values


@pytest.mark.parametrize("between", ["\r", " "])
@pytest.mark.parametrize("expression", [DEFAULT, r"(\w+)=(\S+)"])
def test_a_progress_bar_without_end(between: str, expression: str) -> None:
    """A line too long to be held is read in parts, cut where a number ends."""
    count = 3 * LONGEST_LINE_BYTES // 2 // 13
    text = between.join(f"loss={number:0>7}" for number in range(count))
    found = read_text(text, ("loss",), (expression,), 1 << 18)
    assert [int(each.value) for each in found] == list(range(count))


@pytest.mark.parametrize("expression", ["((x{1000}){1000})(y)", "((a", r"(a)\1"])
def test_a_filter_that_re2_cannot_compile_ends_the_collector(expression: str) -> None:
    """The trial fails, and the filter is named."""
    with pytest.raises(CollectorError, match=r"The filter `.*` is not a valid RE2 expression: "):
        read_text("loss=1", ("loss",), (expression,))


@given(st.binary(max_size=200), st.sampled_from([DEFAULT, r"(\w+)=(.*)", r"(?s)(l.*s)(.)"]))
def test_no_bytes_break_the_reader(content: bytes, expression: str) -> None:
    """Whatever a trial prints, the reader gives values or nothing."""
    found = read_text(content + b"\nloss=1", ("loss",), (expression,))
    assert all(each.metric == "loss" for each in found)
