# SPDX-License-Identifier: Apache-2.0
"""A trial's record holds what Katib would know of it, and is there as a whole or not at all."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kfp_katib.errors import InputError
from kfp_katib.results import Metric, Trial, TrialState
from kfp_katib.vertex.record import Record, from_record, read_record, record_path, to_record, write_record

TRIAL = Trial(
    "tune-7",
    {"lr": "0.1"},
    "Failed",
    "TrialFailed",
    "Trial has failed. Exit code 3.",
    {"loss": Metric("0.1", "0.4", "unavailable")},
    started=datetime(2026, 8, 1, 12, 0, 0, 5, UTC),
    ended=datetime(2026, 8, 1, 13, tzinfo=UTC),
    exit_code=3,
    log_tail="one\ntwo",
)
RECORD = Record(TRIAL, "1000")
TEXTS = st.text(st.characters(exclude_categories=()))
MOMENTS = st.none() | st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=st.just(UTC))
TRIALS = st.builds(
    Trial,
    name=TEXTS,
    parameters=st.dictionaries(TEXTS, TEXTS),
    state=st.sampled_from(get_args(TrialState)),
    reason=TEXTS,
    message=TEXTS,
    metrics=st.dictionaries(TEXTS, st.builds(Metric, TEXTS, TEXTS, TEXTS)),
    started=MOMENTS,
    ended=MOMENTS,
    exit_code=st.none() | st.integers(0, 255),
    log_tail=TEXTS,
)


@settings(deadline=None)
@given(TRIALS, TEXTS)
def test_what_is_read_is_what_was_written(trial: Trial, job: str) -> None:
    """Whatever the texts hold; the file itself is ASCII."""
    record = to_record(Record(trial, job))
    assert record.isascii()
    assert from_record(record) == Record(trial, job)


def test_the_address_of_the_model_is_not_the_trials_to_know() -> None:
    """It sees a path in its container, the pipeline an address."""
    assert "model_uri" not in json.loads(to_record(RECORD))
    assert from_record(to_record(Record(replace(TRIAL, model_uri="gs://b/m"), "1000"))) == RECORD


def test_what_a_later_version_adds_is_ignored() -> None:
    """The image of a trial and the image of the step that reads its record may be of two versions."""
    assert from_record(json.dumps(json.loads(to_record(RECORD)) | {"host": "x"})) == RECORD


def test_times_of_another_zone_are_the_same_moments() -> None:
    """They come out in UTC."""
    zone = timezone(timedelta(hours=2))
    there = replace(TRIAL, started=datetime(2026, 8, 1, 14, 0, 0, 5, zone))
    found = from_record(to_record(Record(there))).trial
    assert found == TRIAL
    assert found.started
    assert found.started.tzinfo is UTC


BAD: tuple[tuple[dict[str, Any], str], ...] = (
    ({"name": None}, "None stands where a text belongs"),
    ({"state": "Done"}, "a trial is never 'Done'"),
    ({"exit_code": "3"}, "exit_code is '3'"),
    ({"exit_code": True}, "exit_code is True"),
    ({"parameters": {"lr": 0.1}}, "0.1 stands where a text belongs"),
    ({"parameters": ["lr"]}, "'list' object has no attribute"),
    ({"metrics": {"loss": {"min": "1"}}}, "it has no 'max'"),
    ({"metrics": {"loss": [1]}}, "list indices"),
    ({"started": "yesterday"}, "Invalid isoformat string"),
    ({"ended": 12}, "12 stands where a text belongs"),
    ({"job": 1000}, "1000 stands where a text belongs"),
)


@pytest.mark.parametrize(("change", "says"), BAD)
def test_a_record_with_a_wrong_field(change: dict[str, Any], says: str) -> None:
    """It is refused as a whole: somebody else wrote it, or it was damaged."""
    with pytest.raises(InputError, match=f"no record of a trial: {says}"):
        from_record(json.dumps(json.loads(to_record(RECORD)) | change))


@pytest.mark.parametrize("name", json.loads(to_record(RECORD)))
def test_a_record_without_a_field(name: str) -> None:
    """It is refused, and the field is named."""
    record = json.loads(to_record(RECORD))
    del record[name]
    with pytest.raises(InputError, match=f"it has no '{name}'"):
        from_record(json.dumps(record))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "7", '"text"', "\ud800", "[" * 100_000, "NaN"])
def test_what_is_no_record(text: str) -> None:
    """Nothing but an InputError comes of it."""
    with pytest.raises(InputError, match="no record of a trial"):
        from_record(text)


@settings(deadline=None)
@given(st.integers(0, 600), st.text(max_size=3))
def test_a_damaged_record_is_refused_or_read(at: int, other: str) -> None:
    """A cut or a changed piece never ends in another error."""
    text = to_record(RECORD)
    for damaged in (text[:at], text[:at] + other + text[at + 1 :]):
        with suppress(InputError):
            assert isinstance(from_record(damaged), Record)


def test_a_record_takes_the_place_of_an_earlier_one(tmp_path: Path) -> None:
    """Nothing else is left beside it."""
    write_record(Record(TRIAL, "999"), tmp_path / "trial.json")
    write_record(RECORD, tmp_path / "trial.json")
    assert from_record((tmp_path / "trial.json").read_text()) == RECORD
    assert [each.name for each in tmp_path.iterdir()] == ["trial.json"]


def test_a_record_is_found_where_it_was_written(tmp_path: Path) -> None:
    """What is missing or damaged is none: the trial that asks runs."""
    path = tmp_path / "trial.json"
    assert read_record(path) is None
    path.write_bytes(b"\xff{")
    assert read_record(path) is None
    write_record(RECORD, path)
    assert read_record(path) == RECORD


def test_a_record_that_cannot_be_written_leaves_no_part(tmp_path: Path) -> None:
    """Here a folder is where it belongs."""
    (tmp_path / "trial.json").mkdir()
    with pytest.raises(InputError, match=r"trial\.json cannot be written: .*the trial's result is lost"):
        write_record(RECORD, tmp_path / "trial.json")
    assert [each.name for each in tmp_path.iterdir()] == ["trial.json"]


def test_the_folder_is_made_in_a_mounted_bucket_only(tmp_path: Path) -> None:
    """A bucket that is not there is not made on the container's own disk."""
    bucket, path = tmp_path / "b", tmp_path / "b/m/1/trial.json"
    with pytest.raises(InputError, match=f"{bucket} is not there: Vertex AI mounts those"):
        record_path(bucket, path)
    bucket.mkdir()
    assert record_path(bucket, path) == path
    assert path.parent.is_dir()
