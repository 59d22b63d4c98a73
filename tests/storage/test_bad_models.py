# SPDX-License-Identifier: Apache-2.0
"""Whatever a trial leaves as its model is that trial's fault: the next best one's is taken, with a note."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from kfp_katib.errors import NoCheckpoint, StorageError
from kfp_katib.results import Metric
from kfp_katib.storage import collect, promote, read_checkpoint
from kfp_katib.storage.model_json import LARGEST, parse
from tests.builders.model import ENTRY, SHA, contents, listing, nested, write_files, write_model
from tests.builders.result import result, trial
from tests.support.speed import within

BEST, SECOND = trial(1, "0.3"), trial(2, "0.4")


def of(files: object = None, **more: object) -> bytes:
    """A model.json in these words."""
    return json.dumps({"files": {"w": ENTRY} if files is None else files, **more}).encode()


LISTS = {
    "UTF-16": of().decode().encode("utf-16"),
    "Latin-1": b'{"files": {"\xfc": {}}}',
    "half a character in a name": of({"\ud800": ENTRY}),
    "a byte smuggled into a name": of({"\udcff": ENTRY}),
    "half a character in a field": b'{"\\ud800": 1}',
    "bytes of 400 digits": b'{"files": {"w": {"sha256": "%s", "bytes": %s}}}' % (SHA.encode(), b"9" * 400),
    "bytes of 5,000 digits": b'{"files": {"w": {"sha256": "", "bytes": %s}}}' % (b"9" * 5000),
    "bytes beyond every disk": of({"w": {"sha256": SHA, "bytes": 2**53}}),
    "bytes with a fraction": of({"w": {"sha256": SHA, "bytes": 1.0}}),
    "bytes NaN": of({"w": {"sha256": SHA, "bytes": float("nan")}}),
    "bytes true": of({"w": {"sha256": SHA, "bytes": True}}),
    "sha256 a list": of({"w": {"sha256": [SHA], "bytes": 0}}),
    "sha256 in other digits": of({"w": {"sha256": "٠" * 64, "bytes": 0}}),
    "a metric of 400 digits": b'{"files": {"w": {"sha256": "%s", "bytes": 0}}, "metrics": {"a": %s}}'
    % (SHA.encode(), b"9" * 400),
    "an epoch of 400 digits": b'{"files": {"w": {"sha256": "%s", "bytes": 0}}, "epoch": %s}'
    % (SHA.encode(), b"9" * 400),
    "an epoch NaN": of(epoch=float("nan")),
    "a name of 256 bytes": of({"a" * 256: ENTRY}),
    "a name of 256 bytes in 128 characters": of({"ü" * 128: ENTRY}),
    "a name of many folders": of({"a/" * 500 + "a": ENTRY}),
    "a name with NUL": of({"a\0b": ENTRY}),
    "a name with a backslash": of({"a\\b": ENTRY}),
    "a name that leads out": of({"a/../../b": ENTRY}),
    "an absolute name": of({"/etc/passwd": ENTRY}),
    "a version of another file": of({"w?versionId=1": ENTRY}),
    "the list itself, in capitals": of({"Model.JSON": ENTRY}),
    "a folder with the list's name": of({"model.json/w": ENTRY}),
    "a list of leftovers": of({"model.json.partial": ENTRY}),
    "a list of leftovers with a mark": of({f"model.json.{'a' * 12}.partial": ENTRY}),
    "one name in two cases": of({"W": ENTRY, "w": ENTRY}),
    "one folder in two cases, once a file": of({"a/W": ENTRY, "A/w/x": ENTRY}),
    "one accent in two ways": of({"\u00fc": ENTRY, "u\u0308": ENTRY}),
    "a file twice": b'{"files": {"w": {}, "w": {}}}',
    "a checksum twice": b'{"files": {"w": {"bytes": 0, "bytes": 0}}}',
    "nested 100,000 times": nested(100_000),
    "nested 900 times": b'{"files": %s}' % nested(900),
    "parameters that are a list of lists": of(parameters=json.loads("[" * 900 + "]" * 900)),
    "larger than a megabyte": of() + b" " * LARGEST,
    "NUL": b"\0" * 100,
}


@pytest.mark.parametrize("content", LISTS.values(), ids=LISTS)
def test_a_bad_list_costs_its_trial_the_model(
    root: str, endpoint: str, tmp_path: Path, content: bytes
) -> None:
    """In a folder and in S3."""
    write_files(f"{root}/tune/tune-1", {"model.json": content, "w": b""}, endpoint)
    write_model(f"{root}/tune/tune-2", {"w": b"second"}, endpoint)
    found = collect(result([BEST, SECOND]), root, tmp_path / "out", endpoint_url=endpoint)
    assert found.trial == SECOND
    assert found.notes[0].startswith("Trial 'tune-1' (loss=0.3) has no complete model and was skipped: ")
    assert len(found.notes[0]) < 800
    found.notes[0].encode()  # goes into a report


def pipe(path: Path) -> None:
    """A FIFO: who opens it waits for a writer."""
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def folder(path: Path) -> None:
    """A folder where a file should be."""
    path.unlink(missing_ok=True)
    path.mkdir()


def link(target: str) -> Callable[[Path], None]:
    """A symbolic link to somewhere."""

    def make(path: Path) -> None:
        path.unlink(missing_ok=True)
        path.symlink_to(target)

    return make


THINGS = {
    "a pipe": pipe,
    "a folder": folder,
    "a device": link("/dev/zero"),
    "a link in a circle": link("model.json"),
    "a link to nothing": link("/nowhere"),
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", ["model.json", "w", "sub/w"])
@pytest.mark.parametrize("make", THINGS.values(), ids=THINGS)
def test_what_is_no_file_costs_its_trial_the_model(
    tmp_path: Path, make: Callable[[Path], None], name: str
) -> None:
    """Nothing is opened that one could wait for."""
    for index in (1, 2):
        write_model(f"{tmp_path}/tune/tune-{index}", {"w": b"", "sub/w": b""})
    make(tmp_path / "tune" / "tune-1" / name)
    assert collect(result([BEST, SECOND]), tmp_path, tmp_path / "out").trial == SECOND


def test_a_file_in_the_place_of_a_folder_costs_its_trial_the_model(tmp_path: Path) -> None:
    """There is no looking into it."""
    for index in (1, 2):
        write_model(f"{tmp_path}/tune/tune-{index}", {"sub/w": b""})
    (tmp_path / "tune" / "tune-1" / "sub" / "w").unlink()
    (tmp_path / "tune" / "tune-1" / "sub").rmdir()
    (tmp_path / "tune" / "tune-1" / "sub").write_text("")
    found = collect(result([BEST, SECOND]), tmp_path, tmp_path / "out")
    assert found.trial == SECOND
    assert "cannot be used (Not a directory)" in found.notes[0]


@pytest.mark.timeout(20)
def test_a_pipe_that_comes_after_the_look_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between our look at a file and our opening it a trial can put another thing there."""
    write_model(f"{tmp_path}/t1")
    seen = Path.lstat(tmp_path / "t1" / "model.json")
    pipe(tmp_path / "t1" / "model.json")
    monkeypatch.setattr(Path, "lstat", lambda _: seen)
    with pytest.raises(NoCheckpoint, match="is not a regular file"):
        read_checkpoint(tmp_path / "t1")


@pytest.mark.parametrize("place", ["tune-1", ""], ids=["trial", "experiment"])
def test_a_folder_that_is_a_file_holds_no_model(tmp_path: Path, place: str) -> None:
    """The trial's, or its experiment's."""
    path = tmp_path / "tune" / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")
    found = collect(result([BEST]), tmp_path, tmp_path / "out")
    assert found.trial is None
    assert "cannot be used (Not a directory)" in found.notes[0]


@pytest.mark.parametrize("locked", ["tune-1", "tune-1/model.json", "tune-1/w"])
def test_what_nobody_may_read_holds_no_model(
    tmp_path: Path, locked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trial that closed its folder closed that one alone."""
    for index in (1, 2):
        write_model(f"{tmp_path}/tune/tune-{index}", {"w": b""})
    opened = os.open

    def refuse(path: Any, *rest: Any, **more: Any) -> int:  # as root, a mode would not
        if str(path).startswith(str(tmp_path / "tune" / locked)):
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *rest, **more)

    monkeypatch.setattr(os, "open", refuse)
    found = collect(result([BEST, SECOND]), tmp_path, tmp_path / "out")
    assert found.trial == SECOND
    assert "cannot be used (Permission denied)" in found.notes[0]


@pytest.mark.parametrize("size", [0, 5])
def test_in_a_store_a_prefix_is_no_file(bucket: str, endpoint: str, tmp_path: Path, size: int) -> None:
    """A folder has the size 0 there, which is a file's size too."""
    write_files(
        f"{bucket}/tune/tune-1", {"sub/w": b"", "model.json": of({"sub": ENTRY | {"bytes": size}})}, endpoint
    )
    found = collect(result([BEST]), bucket, tmp_path / "out", endpoint_url=endpoint)
    assert found.trial is None
    assert "tune-1/sub is not there" in found.notes[0]


@pytest.mark.parametrize("compared", ["0e999999999", "1e-99999999999999999999", "0.3", "1_0"])
def test_a_metric_in_any_digits_is_compared(tmp_path: Path, compared: str) -> None:
    """What a trial printed as its value, beside what it wrote with its files."""
    write_model(f"{tmp_path}/tune/tune-0", metrics={"loss": float("nan")})
    one = trial(0, metrics={"loss": Metric(compared, compared, compared)})
    (note,) = collect(result([one]), tmp_path, tmp_path / "out").notes
    assert f"with loss=nan, but the search compared {compared}" in note


@pytest.mark.timeout(20)
@pytest.mark.parametrize("make", [pipe, folder, link("/dev/zero")], ids=["pipe", "folder", "device"])
def test_a_release_with_a_thing_for_its_list_is_refused(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """It is neither waited for nor replaced."""
    write_model(f"{tmp_path}/model")
    (tmp_path / "release").mkdir()
    make(tmp_path / "release" / "model.json")
    if make is folder:
        (tmp_path / "release" / "model.json" / "thesis.tex").write_text("years")
    with pytest.raises(StorageError, match=r"holds 'model\.json.*it will not be replaced"):
        promote(tmp_path / "model", tmp_path / "release")
    assert (tmp_path / "release" / "model.json").exists()


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    """Some editors and shells write one; the list goes on as it was written."""
    content = "\ufeff".encode() + listing({"w": b""}).encode()
    write_files(f"{tmp_path}/model", {"w": b"", "model.json": content})
    promote(tmp_path / "model", tmp_path / "release")
    assert contents(str(tmp_path / "release"))["model.json"] == content


@pytest.mark.usefixtures("untraced")
def test_the_largest_list_takes_no_second() -> None:
    """Seven thousand files, the longest names, every key twice, the deepest folders, the widest nesting."""
    many = of({f"{index:05}/{'x' * 20}": ENTRY for index in range(7000)})
    long = of({f"{index:03}" + "/a" * 448: ENTRY for index in range(900)})
    twins = b'{"files": {%s}}' % b",".join(b'"%d":1' % (index // 2) for index in range(100_000))
    wide = of(parameters={str(index): [[]] for index in range(60_000)})
    for content in (many, long, twins, wide):
        assert len(content) > LARGEST // 2
        with within(1), suppress(NoCheckpoint):
            parse(content[:LARGEST], "here")
