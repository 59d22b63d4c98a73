# SPDX-License-Identifier: Apache-2.0
"""A winner's copy replaces an earlier copy and nothing else, and is never half there."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfp_katib.errors import NoCheckpoint, StorageError
from kfp_katib.storage import collect, disk
from kfp_katib.storage.model_json import MODEL_JSON
from tests.builders.result import result, trial
from tests.storage.models import contents, listing, write_files, write_model

THREE = [trial(0, "0.5"), trial(1, "0.3"), trial(2, "0.4")]


def test_a_retried_step_replaces_its_own_copy(root: str, endpoint: str, tmp_path: Path) -> None:
    """Also with another winner, and also into an object store; nothing of the first is left."""
    write_model(f"{tmp_path}/models/tune/tune-1", {"a": b"1", "b/c": b"2"})
    collect(result(THREE), tmp_path / "models", f"{root}/out", endpoint_url=endpoint)
    write_model(f"{tmp_path}/models/tune/tune-0", {"a": b"3"})
    collect(result(THREE[:1]), tmp_path / "models", f"{root}/out", endpoint_url=endpoint)
    assert contents(f"{root}/out", endpoint) == {"a": b"3", MODEL_JSON: listing({"a": b"3"}).encode()}


def test_what_is_no_model_is_not_replaced(root: str, endpoint: str, tmp_path: Path) -> None:
    """A mistyped destination must not cost anybody's files."""
    write_model(f"{tmp_path}/models/tune/tune-1")
    write_files(f"{root}/out", {"thesis.tex": b"years"}, endpoint)
    with pytest.raises(StorageError, match=r"holds 'thesis\.tex', which belongs to no model"):
        collect(result(THREE), tmp_path / "models", f"{root}/out", endpoint_url=endpoint)
    assert contents(f"{root}/out", endpoint) == {"thesis.tex": b"years"}


@pytest.mark.parametrize("kind", ["file", "link"])
def test_a_destination_that_is_no_folder_is_refused(tmp_path: Path, kind: str) -> None:
    """Neither a file nor a link is replaced."""
    write_model(f"{tmp_path}/models/tune/tune-1")
    if kind == "file":
        (tmp_path / "out").write_text("mine")
    else:
        (tmp_path / "out").symlink_to(tmp_path / "models")
    with pytest.raises(StorageError, match=r"out is not a folder\. Name one"):
        collect(result(THREE), tmp_path / "models", tmp_path / "out")


def test_a_mount_point_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It cannot be renamed, and its parent is another disk."""
    write_model(f"{tmp_path}/models/tune/tune-1")
    monkeypatch.setattr(Path, "is_mount", lambda path: path.name == "out")
    with pytest.raises(StorageError, match="is a mount point, which cannot be replaced"):
        collect(result(THREE), tmp_path / "models", tmp_path / "out")


def test_a_folder_where_a_parent_is_a_file_is_trouble(tmp_path: Path) -> None:
    """A place that cannot be written is no reason to take a worse model."""
    write_model(f"{tmp_path}/models/tune/tune-1")
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"writing the model to .*file/out: .*Check the address") as caught:
        collect(result(THREE), tmp_path / "models", tmp_path / "file" / "out")
    assert not isinstance(caught.value, NoCheckpoint)


def test_a_bucket_that_is_not_there_is_trouble(endpoint: str, tmp_path: Path) -> None:
    """As a destination; it must not pass for a trial without a model."""
    write_model(f"{tmp_path}/models/tune/tune-1")
    with pytest.raises(StorageError, match="no-such-bucket") as caught:
        collect(result(THREE), tmp_path / "models", "s3://no-such-bucket/out", endpoint_url=endpoint)
    assert not isinstance(caught.value, NoCheckpoint)


@pytest.fixture
def without_exchange(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that cannot let two folders change places, such as NFS."""
    monkeypatch.setattr(disk, "exchange", lambda *_: False)


@pytest.mark.usefixtures("without_exchange")
def test_a_swap_that_fails_half_way_puts_the_old_model_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the two renames there is no model at all, so a failure there must not leave it so."""
    write_model(f"{tmp_path}/models/tune/tune-0", {"a": b"old"})
    collect(result(THREE[:1]), tmp_path / "models", tmp_path / "out")
    rename = Path.rename

    def fail_once(path: Path, target: Path) -> Path:
        if path.name.endswith(".partial") and not target.exists():
            raise OSError("the disk went away")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail_once)
    with pytest.raises(StorageError, match="the disk went away"):
        collect(result(THREE[:1]), tmp_path / "models", tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["models", "out"]
    assert contents(str(tmp_path / "out"))["a"] == b"old"


@pytest.mark.usefixtures("without_exchange")
def test_where_folders_cannot_change_places_there_are_two_steps(tmp_path: Path) -> None:
    """The model is replaced all the same, and nothing is left beside it."""
    for index, content in ((0, b"old"), (1, b"new")):
        write_model(f"{tmp_path}/models/tune/tune-{index}", {"a": content})
        collect(result([THREE[index]]), tmp_path / "models", tmp_path / "out")
        assert contents(str(tmp_path / "out"))["a"] == content
    assert sorted(path.name for path in tmp_path.iterdir()) == ["models", "out"]


def test_a_copy_at_work_is_not_swept_away(tmp_path: Path) -> None:
    """Another one to the same place deletes what the dead left, and leaves the living alone."""
    write_model(f"{tmp_path}/models/tune/tune-1", {"a": b"new"})
    (tmp_path / f".out.{'0' * 12}.partial").mkdir()
    with disk._staging(tmp_path / "out") as staging:
        collect(result(THREE), tmp_path / "models", tmp_path / "out")
        assert sorted(path.name for path in tmp_path.iterdir()) == [staging.name, "models", "out"]


def test_files_of_others_beside_the_place_are_left_alone(tmp_path: Path) -> None:
    """Only a name that a copy to this very place has is a leftover."""
    others = [".out.partial", f".out2.{'0' * 12}.partial", f"out.{'0' * 12}.partial", ".out.x.old"]
    for name in others:
        (tmp_path / name).mkdir()
    write_model(f"{tmp_path}/models/tune/tune-1", {"a": b"new"})
    collect(result(THREE), tmp_path / "models", tmp_path / "out")
    assert {path.name for path in tmp_path.iterdir()} == {*others, "models", "out"}
