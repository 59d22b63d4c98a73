# SPDX-License-Identifier: Apache-2.0
"""Metrics in lines of JSON, as Katib's file collector reads them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kfp_katib.trial.metrics.aggregate import NO_TIME, CollectorError
from tests.trial.metrics.listed import read_json


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
    with pytest.raises(CollectorError, match=r"Line 2 of the metrics file is not (a )?JSON"):
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


@pytest.mark.parametrize("stamp", ["1e15", "-1e14", "253402300800"])
def test_a_time_beyond_all_years_ends_the_collector(stamp: str) -> None:
    """Katib's database refuses it, so that the report fails."""
    with pytest.raises(CollectorError, match="beyond the year 9999"):
        read_json(f'{{"timestamp": {stamp}, "loss": "1"}}', ("loss",))


def test_the_time_of_a_line_without_metrics_does_not_matter() -> None:
    """It is never reported."""
    assert read_json('{"timestamp": 1e15, "loss": 1}', ("loss",)) == []


@pytest.mark.parametrize("stamp", ["1e300", "-1e19", "9223372036854775808"])
def test_a_number_beyond_64_bits_is_no_time(stamp: str) -> None:
    """Go cannot read its digits as whole seconds, and the line has no time."""
    found = read_json(f'{{"timestamp": {stamp}, "loss": "1"}}', ("loss",))
    assert [each.time for each in found] == [NO_TIME]


@pytest.mark.parametrize("key", ["timestamp", "other", "loss"])
def test_a_number_beyond_all_floats_ends_the_collector(key: str) -> None:
    """Go's decoder returns an error for 400 digits, wherever in the line they stand."""
    with pytest.raises(CollectorError, match=r"Line 1 .*the number `9+…?` is out of range"):
        read_json(f'{{"loss": "1", "{key}": {"9" * 400}}}', ("loss",))


def test_a_line_too_long_to_be_held_ends_the_collector() -> None:
    """The line is named, and shown in part."""
    with pytest.raises(
        CollectorError, match=r"Line 2 of the metrics file is longer than 1048576 bytes: `.*…`"
    ):
        read_json('{"loss": "1"}\n{"loss": "' + "1" * (1 << 21), ("loss",), 1 << 18)


@pytest.mark.parametrize("size", range(1, 9))
def test_it_does_not_matter_how_the_file_arrives(size: int) -> None:
    """Values, times and the numbers of lines are those of the whole file."""
    text = '{"loss": "ä", "timestamp": 5}\n\n{"loss": "2"}\n{"loss": "3"}'
    assert read_json(text, ("loss",), size) == read_json(text, ("loss",))
    with pytest.raises(CollectorError, match="Line 5 of"):
        read_json(text + "\n{", ("loss",), size)
