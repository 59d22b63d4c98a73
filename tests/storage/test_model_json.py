# SPDX-License-Identifier: Apache-2.0
"""model.json is read strictly: whatever breaks the contract is no model, and the message says why."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfp_katib.errors import NoCheckpoint
from kfp_katib.storage.model_json import ModelFile, name_fault, parse, write
from tests.builders.model import ENTRY, SHA, WEIGHTS, listing


def test_all_fields_are_read() -> None:
    """Files with checksum and size, metrics as numbers, epoch and parameters."""
    text = listing({"w": b""}, metrics={"loss": 1}, epoch=7, parameters={"lr": "0.1"})
    found = parse(text.encode(), "models/tune/t1")
    assert [(file.name, file.bytes) for file in found.files] == [("w", 0)]
    assert (found.metrics, found.epoch, found.parameters) == ({"loss": 1.0}, 7, {"lr": "0.1"})
    assert (found.uri, found.text) == ("models/tune/t1", text)


def test_only_files_are_required() -> None:
    """A script without epochs or metrics still delivers a model."""
    found = parse(json.dumps({"files": {"w": ENTRY}}).encode(), "here")
    assert (found.metrics, found.epoch, found.parameters) == ({}, None, {})


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(b"", "cannot be read as JSON", id="empty"),
        pytest.param(b"{", "cannot be read as JSON", id="cut off"),
        pytest.param(b"\xff\xfe\xff", "cannot be read as JSON", id="not text"),
        pytest.param(b"[" * 100_000, "cannot be read as JSON", id="nested too deeply"),
        pytest.param(b" " * (2 << 20), "more than 1048576", id="too large"),
        pytest.param(b"[]", "holds a list, not an object", id="a list"),
        pytest.param(b"{}", "`files` is None, not an object", id="no files"),
        pytest.param(b'{"files": []}', "`files` is \\[\\], not an object", id="files a list"),
        pytest.param(b'{"files": {}}', "lists no file", id="no file"),
        pytest.param(b'{"files": {"w": 1}}', "is 1, not an object", id="entry a number"),
        pytest.param(b'{"files": {"w": {}, "w": {}}}', "'w' appears twice", id="a file twice"),
    ],
)
def test_what_is_no_list_of_files_is_refused(content: bytes, why: str) -> None:
    """Anything but an object with at least one file holds no model."""
    with pytest.raises(NoCheckpoint, match=f"model.json is not valid: .*{why}"):
        parse(content, "here")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "is empty"),
        ("../w", "empty part, `.` or `..`"),
        ("sub/../../w", "empty part, `.` or `..`"),
        ("..", "empty part, `.` or `..`"),
        ("./w", "empty part, `.` or `..`"),
        ("sub//w", "empty part, `.` or `..`"),
        ("sub/", "empty part, `.` or `..`"),
        ("/etc/passwd", "is absolute"),
        ("C:/w", "is absolute"),
        ("..\\w", "a backslash"),
        ("w\x00", "a control character"),
        ("w\n", "a control character"),
        ("model.json", "is that of the list itself"),
    ],
)
def test_a_name_that_could_lead_elsewhere_is_refused(name: str, why: str) -> None:
    """Only plain relative names inside the trial's own folder are taken."""
    with pytest.raises(NoCheckpoint, match=why.replace(".", r"\.")):
        parse(json.dumps({"files": {name: ENTRY}}).encode(), "here")


@given(name=st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_a_name_that_passes_stays_inside(name: str) -> None:
    """Joined to a folder, such a name is a path right below it, part by part."""
    if not name_fault(name):
        joined = PurePosixPath("/models/t1") / name
        assert joined.parts == ("/", "models", "t1", *name.split("/"))
        assert not {"..", ".", ""} & set(joined.parts)


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"bytes": 1}, "sha256 of 'w' is None"),
        ({"sha256": "0" * 63, "bytes": 1}, "not 64 lower-case hex digits"),
        ({"sha256": "A" * 64, "bytes": 1}, "not 64 lower-case hex digits"),
        ({"sha256": SHA + "\n", "bytes": 1}, "not 64 lower-case hex digits"),
        ({"sha256": SHA}, "bytes of 'w' is None"),
        ({"sha256": SHA, "bytes": -1}, "bytes of 'w' is -1"),
        ({"sha256": SHA, "bytes": 1.5}, "bytes of 'w' is 1.5"),
        ({"sha256": SHA, "bytes": True}, "bytes of 'w' is True"),
    ],
)
def test_checksum_and_size_must_be_such(entry: dict[str, object], why: str) -> None:
    """A checksum is 64 hex digits and a size a whole number, neither may be missing."""
    with pytest.raises(NoCheckpoint, match=why):
        parse(json.dumps({"files": {"w": entry}}).encode(), "here")


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("metrics", [], "`metrics` is"),
        ("metrics", {"loss": "0.1"}, "metric 'loss' is '0.1', not a number"),
        ("metrics", {"loss": True}, "metric 'loss' is True, not a number"),
        ("epoch", "3", "epoch is '3', not an integer"),
        ("epoch", True, "epoch is True, not an integer"),
        ("parameters", "lr", "`parameters` is 'lr', not an object"),
    ],
)
def test_other_fields_have_a_type(field: str, value: object, why: str) -> None:
    """They may be missing, but not be something else."""
    with pytest.raises(NoCheckpoint, match=why):
        parse(listing(WEIGHTS, **{field: value}).encode(), "here")


def test_a_file_cannot_be_a_folder_too() -> None:
    """An object store could hold both, a folder cannot."""
    with pytest.raises(NoCheckpoint, match="'a/b' is both a file and a folder"):
        parse(json.dumps({"files": {"a/b": ENTRY, "a/b/c": ENTRY}}).encode(), "here")


@given(
    content=st.binary(max_size=60)
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["files", "w", "sha256"]), inner)
        ),
    ).map(lambda data: json.dumps(data).encode())
)
def test_any_content_is_read_or_refused(content: bytes) -> None:
    """Nothing that a trial can write makes us fail in another way."""
    with suppress(NoCheckpoint):
        assert parse(content, "here").files


def test_a_written_list_reads_back() -> None:
    """The list of an exported model is itself a valid model.json."""
    files = (ModelFile("model.onnx", SHA, 5),)
    assert parse(write(files), "here").files == files
