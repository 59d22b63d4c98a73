# SPDX-License-Identifier: Apache-2.0
"""Names are names, never patterns: what looks like one is written, read, listed and deleted as it stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from moto.s3.models import s3_backends

from kfp_katib.errors import StorageError
from kfp_katib.results import Trial
from kfp_katib.storage import collect, object_store, promote, prune, read_checkpoint, verify
from kfp_katib.storage.object_store import delete
from kfp_katib.storage.places import files_below, place
from tests.builders.model import contents, write_files, write_model
from tests.builders.result import result, trial
from tests.support.gate import Gate

pytestmark = pytest.mark.usefixtures("no_patterns")

FOLDERS = ["m[1]", "m*", "m?", "m//x", "m {1,2}#%31 ü&<'\"~"]
"""Each would also match `m1`, or comes out of a URL otherwise than it went in."""

FILES = {"w*": b"1", "w?": b"2", "w[0-9]": b"3", "sub {a,b}/#%20 ü": b"4"}


@pytest.fixture
def neighbours(root: str, endpoint: str) -> dict[str, bytes]:
    """Models in places that a pattern or a prefix would hit as well."""
    for name in ("m1", "mx", "m", "m11", "a"):
        write_model(f"{root}/{name}/tune/tune-0", {"w1": b"1", "wx": b"2", "other": b"3"}, endpoint)
    return contents(root, endpoint)


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_whole_search_in_a_folder_with_any_name(
    root: str, endpoint: str, neighbours: dict[str, bytes], folder: str, tmp_path: Path
) -> None:
    """Collected, pruned, promoted and promoted anew: nothing beside it is touched, nothing left in it."""
    models, trials = f"{root}/{folder}", [trial(0, "0.2"), trial(1, "0.1")]
    for index in range(2):
        write_model(f"{models}/tune/tune-{index}", FILES | {f"{index}": b""}, endpoint)
    found = collect(result(trials), models, tmp_path / "out", endpoint_url=endpoint)
    assert found.trial == trials[1]
    _prune(models, trials, tmp_path / "out", endpoint)
    assert files_of(models, endpoint) == {f"tune/tune-1/{name}" for name in (*FILES, "1", "model.json")}
    _prune(models, trials, tmp_path / "out", endpoint, keep=0)
    assert files_of(models, endpoint) == set()

    release = f"{root}/{folder}/release"
    for wanted in ({"w1": b"new"} | FILES, {"w1": b"newer", "*": b""}, FILES):
        write_model(f"{tmp_path}/{len(wanted)}", wanted)
        promote(tmp_path / str(len(wanted)), release, endpoint_url=endpoint)
        verify(read_checkpoint(release, endpoint_url=endpoint), endpoint_url=endpoint)
        assert files_of(release, endpoint) == {*wanted, "model.json"}
    everything = contents(root, endpoint)
    assert {name: everything.get(name) for name in neighbours} == neighbours


def _prune(models: str, trials: list[Trial], copy: Path, endpoint: str, keep: int = 1) -> None:
    names = [one.name for one in trials]
    prune(models, "tune", names[-1], trials=names, copy=copy, keep=keep, endpoint_url=endpoint)


def files_of(folder: str, endpoint: str) -> set[str]:
    """What is listed there."""
    return files_below(place(folder, endpoint))


def test_a_key_that_equals_a_prefix_is_not_in_it(bucket: str, endpoint: str) -> None:
    """`m` is neither in `m/` nor is `m1/`."""
    write_files(bucket, {"m": b"file", "m1/a": b"", "m/b": b"", "m/": b"", "m/c/": b""}, endpoint)
    assert files_of(f"{bucket}/m", endpoint) == {"b", "c/"}
    assert files_of(f"{bucket}/m1/a", endpoint) == set()


def test_a_trial_goes_with_the_mark_of_its_folder(bucket: str, endpoint: str, tmp_path: Path) -> None:
    """A console shows a folder as long as its mark is there."""
    write_model(f"{tmp_path}/copy")
    write_model(f"{bucket}/tune/t1", endpoint_url=endpoint)
    write_files(
        bucket,
        {"tune/": b"", "tune/t2/": b"", "tune/t2/x": b"", "tune/t2/y/": b"", "tune/t2x": b""},
        endpoint,
    )
    prune(bucket, "tune", "t1", trials=["t1", "t2"], copy=tmp_path / "copy", endpoint_url=endpoint)
    assert {name for name in contents(bucket, endpoint) if "t1" not in name} == {"tune/", "tune/t2x"}


def test_more_files_than_one_request_takes(s3_bucket: str, endpoint: str, gate: Gate) -> None:
    """A listing and a deletion both have a thousand at a time."""
    folder = place(f"{s3_bucket}/many", endpoint)
    names = {f"{index:04}" for index in range(2001)}
    backend = s3_backends["123456789012"]["aws"]  # the server's own: two thousand requests take a minute
    for name in names:
        backend.put_object(s3_bucket.removeprefix("s3://"), f"many/{name}", b"")
    assert files_below(folder) == names
    gate.reset()
    delete(folder, names)
    assert gate.count == 3
    assert files_below(folder) == set()


def test_what_could_not_be_deleted_is_named(
    s3_bucket: str, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S3 answers such a request as done, with the failures in its text; all the others are gone."""
    folder = place(f"{s3_bucket}/m", endpoint)
    write_files(folder.uri, {"a": b"", "b": b"", "c": b""}, endpoint)
    call = folder.store.call_s3

    def locked(method: str, **asked: Any) -> Any:
        if method != "delete_objects":
            return call(method, **asked)
        asked["Delete"]["Objects"] = [one for one in asked["Delete"]["Objects"] if one["Key"] != "m/b"]
        return call(method, **asked) | {"Errors": [{"Key": "m/b", "Code": "AccessDenied"}]}

    monkeypatch.setattr(folder.store, "call_s3", locked)
    with pytest.raises(
        StorageError, match=r"1 of 3 files in .*/m could not be .*AccessDenied: m/b\. Delete them"
    ):
        delete(folder, ["a", "b", "c"])
    assert files_below(folder) == {"b"}


def test_names_that_no_list_can_carry_are_deleted_one_by_one(s3_bucket: str, endpoint: str) -> None:
    """S3's list of deletions is XML, which has no control characters; a key may."""
    folder = place(f"{s3_bucket}/m", endpoint)
    key = "m/a\x01b"
    folder.store.call_s3("put_object", Bucket=s3_bucket.removeprefix("s3://"), Key=key, Body=b"")
    delete(folder, ["a\x01b", "gone"])
    assert "Contents" not in folder.store.call_s3("list_objects_v2", Bucket=s3_bucket.removeprefix("s3://"))


def test_a_file_that_cannot_be_deleted_does_not_keep_the_others(gs_bucket: str, gate: Gate) -> None:
    """Google Cloud Storage takes each by a request of its own, several at a time."""
    folder = place(f"{gs_bucket}/m")
    names = {f"{index:03}" for index in range(40)}
    write_files(folder.uri, dict.fromkeys(names, b""))
    gate.reset(lambda n: n == 20)
    with pytest.raises(
        StorageError, match=r"1 of 41 files in .*/m could not be .*OSError: Forbidden: .*refused by the test"
    ):
        delete(folder, {*names, "gone"})
    gate.reset()
    assert len(files_below(folder)) == 1


def test_what_lies_in_a_prefix_is_told_by_the_files_below_it(bucket: str, endpoint: str) -> None:
    """Its own mark is nothing in it; that of a folder in it is one, which gcsfuse makes for each."""
    write_files(bucket, {"m/": b"", "m/a": b"", "m/t[1]/w": b"", "m/t2/": b"", "m1/w": b""}, endpoint)
    found = object_store.folders_and_files(place(f"{bucket}/m", endpoint))
    assert found == {("a", False), ("t[1]", True), ("t2", True)}
