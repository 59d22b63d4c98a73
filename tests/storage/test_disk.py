# SPDX-License-Identifier: Apache-2.0
"""On a disk a model replaces another and nothing else, and only real folders of the trials are deleted."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kfp_katib.errors import NoCheckpoint, StorageError
from kfp_katib.storage import collect, disk, prune
from tests.builders.model import THREE, TRIALS, contents, write_model
from tests.builders.result import result


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


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A winner, a loser, and their experiment's folder's parent."""
    write_model(f"{tmp_path}/models/tune/t1")
    write_model(f"{tmp_path}/models/tune/t2")
    write_model(f"{tmp_path}/copy")
    write_model(f"{tmp_path}/precious")
    return tmp_path / "models"


def test_a_link_among_the_trials_is_left_alone(models: Path, tmp_path: Path) -> None:
    """Neither it nor what it leads to is deleted."""
    (models / "tune" / "t3").symlink_to(tmp_path / "precious")
    found = prune(models, "tune", "t1", trials=TRIALS, copy=tmp_path / "copy")
    assert (found.removed, found.left_alone) == (("t2",), ("t3",))
    assert (models / "tune" / "t3").is_symlink()
    assert (tmp_path / "precious" / "model.json").exists()


def test_a_link_inside_a_trial_goes_but_is_not_followed(models: Path, tmp_path: Path) -> None:
    """To a file, to a folder, and to nothing."""
    for name, target in (("f", "precious/weights.bin"), ("d", "precious"), ("n", "nothing")):
        (models / "tune" / "t2" / name).symlink_to(tmp_path / target)
    prune(models, "tune", "t1", trials=TRIALS, copy=tmp_path / "copy")
    assert not (models / "tune" / "t2").exists()
    assert len(contents(str(tmp_path / "precious"))) == 3


def test_an_experiment_that_is_a_link_is_refused(models: Path, tmp_path: Path) -> None:
    """It would lead to another experiment's folder."""
    (models / "linked").symlink_to(models / "tune")
    with pytest.raises(StorageError, match="linked is a symbolic link or not a folder, and is not followed"):
        prune(models, "linked", "t1", trials=TRIALS, copy=tmp_path / "copy")
    with pytest.raises(StorageError, match="Nothing was deleted"):
        disk.remove(models / "linked", ["t2"])
    assert (models / "tune" / "t2").exists()


def test_a_trial_swapped_for_a_link_meanwhile_is_not_followed(models: Path, tmp_path: Path) -> None:
    """It is reported as not deleted, and what it leads to stands."""
    (models / "tune" / "t3").symlink_to(tmp_path / "precious")
    with pytest.raises(StorageError, match=r"1 of 2 folders in .*tune could not be deleted"):
        disk.remove(models / "tune", ["t3", "t2"])
    assert (tmp_path / "precious" / "model.json").exists()
    assert not (models / "tune" / "t2").exists()


def test_what_is_no_trial_is_left_alone(models: Path, tmp_path: Path) -> None:
    """A file, and folders with names that no trial can have, such as a disk's snapshots."""
    (models / "tune" / "notes.txt").write_text("mine")
    (models / "tune" / ".snapshot").mkdir()
    (models / "tune" / "lost+found").mkdir()
    found = prune(models, "tune", "t1", trials=TRIALS, copy=tmp_path / "copy")
    assert found.left_alone == (".snapshot", "lost+found", "notes.txt")
    assert (models / "tune" / ".snapshot").exists()


def test_a_folder_that_vanishes_meanwhile_is_no_error(models: Path) -> None:
    """Two steps may tidy up at once."""
    disk.remove(models / "tune", ["gone", "t2"])
    assert [path.name for path in (models / "tune").iterdir()] == ["t1"]


def test_files_that_vanish_meanwhile_are_no_error(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process deletes the same files between our listing and our deleting."""
    unlink, rmdir = os.unlink, os.rmdir

    def late_unlink(name: str, *, dir_fd: int) -> None:
        unlink(name, dir_fd=dir_fd)
        unlink(name, dir_fd=dir_fd)

    def late_rmdir(name: str, *, dir_fd: int) -> None:
        rmdir(name, dir_fd=dir_fd)
        rmdir(name, dir_fd=dir_fd)

    monkeypatch.setattr(os, "unlink", late_unlink)
    monkeypatch.setattr(os, "rmdir", late_rmdir)
    disk.remove(models / "tune", ["t2"])
    assert not (models / "tune" / "t2").exists()


def test_a_folder_that_cannot_be_deleted_does_not_save_the_others(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All others go, then the step fails and says which and why."""
    write_model(f"{models}/tune/t3")
    rmdir = os.rmdir

    def refuse(name: str, *, dir_fd: int) -> None:
        if name == "t2":
            raise PermissionError(13, "Permission denied", name)
        rmdir(name, dir_fd=dir_fd)

    monkeypatch.setattr(os, "rmdir", refuse)
    with pytest.raises(StorageError, match=r"1 of 2 folders .*Permission denied: 't2'.*by hand"):
        prune(models, "tune", "t1", trials=TRIALS, copy=tmp_path / "copy")
    assert not (models / "tune" / "t3").exists()
