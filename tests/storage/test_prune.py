# SPDX-License-Identifier: Apache-2.0
"""Pruning deletes the losers of one experiment and nothing else, and only once the copy is verified."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kfp_katib.errors import InputError, KfpKatibError, NoCheckpoint, StorageError
from kfp_katib.storage import Pruned, disk, prune
from kfp_katib.storage.addresses import is_safe_name
from tests.storage.models import contents, write_files, write_model

TRIALS = ("t1", "t10", "t2", "t3")


def test_only_the_winner_stays(three: str, endpoint: str, tmp_path: Path) -> None:
    """The losers go, names that begin alike included; the other experiment is not touched."""
    found = prune(three, "tune", "t1", trials=TRIALS, copy=tmp_path / "copy", endpoint_url=endpoint)
    assert found == Pruned(removed=("t10", "t2"), kept=("t1",), left_alone=(), dry_run=False)
    assert {name.rpartition("/")[0] for name in contents(three, endpoint)} == {
        "tune/t1",
        "tune/t1/sub",
        "tune-2/t1",
        "tune-2/t1/sub",
    }


def test_keep_nothing(three: str, endpoint: str, tmp_path: Path) -> None:
    """With keep=0 the copy is all that is left of the experiment."""
    found = prune(three, "tune", "t1", trials=TRIALS, copy=tmp_path / "copy", keep=0, endpoint_url=endpoint)
    assert (found.removed, found.kept) == (("t1", "t10", "t2"), ())
    assert all(name.startswith("tune-2/") for name in contents(three, endpoint))


def test_a_dry_run_lists_and_deletes_nothing(three: str, endpoint: str, tmp_path: Path) -> None:
    """It says exactly what the real run would."""
    before = contents(three, endpoint)
    dry = prune(
        three, "tune", "t1", trials=TRIALS, copy=tmp_path / "copy", dry_run=True, endpoint_url=endpoint
    )
    assert (dry.removed, dry.dry_run, contents(three, endpoint)) == (("t10", "t2"), True, before)
    assert (
        prune(three, "tune", "t1", trials=TRIALS, copy=tmp_path / "copy", endpoint_url=endpoint).removed
        == dry.removed
    )


@pytest.mark.parametrize("keep", [0, 1])
def test_a_retried_step_finds_the_work_done(three: str, endpoint: str, tmp_path: Path, keep: int) -> None:
    """The second call deletes nothing and is no error, also where even the winner is gone."""
    prune(three, "tune", "t1", trials=TRIALS, copy=tmp_path / "copy", keep=keep, endpoint_url=endpoint)
    again = prune(
        three, "tune", "t1", trials=TRIALS, copy=tmp_path / "copy", keep=keep, endpoint_url=endpoint
    )
    assert (again.removed, len(again.kept)) == ((), keep)


def test_an_experiment_without_a_folder_is_no_error(root: str, endpoint: str, tmp_path: Path) -> None:
    """Its trials wrote no models, or somebody tidied up."""
    write_model(f"{tmp_path}/copy")
    assert (
        prune(root, "tune", "t1", trials=TRIALS, copy=tmp_path / "copy", endpoint_url=endpoint).removed == ()
    )


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        pytest.param({"w": b"TUNE/T1"}, "copy/w is damaged", id="checksum"),
        pytest.param({"w": b""}, "copy/w has 0 bytes", id="size"),
        pytest.param({"model.json": b""}, r"model\.json is not valid", id="list"),
    ],
)
def test_nothing_is_deleted_without_a_whole_copy(
    three: str, endpoint: str, tmp_path: Path, damage: dict[str, bytes], message: str
) -> None:
    """The copy is read again, byte for byte, before the first folder goes."""
    write_files(f"{tmp_path}/copy", damage)
    before = contents(three, endpoint)
    with pytest.raises(NoCheckpoint, match=message):
        prune(three, "tune", "t1", trials=TRIALS, copy=tmp_path / "copy", endpoint_url=endpoint)
    assert contents(three, endpoint) == before


def test_the_copy_must_be_of_the_winner(three: str, endpoint: str, tmp_path: Path) -> None:
    """A whole copy of another trial's model does not make the winner's dispensable."""
    with pytest.raises(StorageError, match="is not the model of trial 't2'"):
        prune(three, "tune", "t2", trials=TRIALS, copy=tmp_path / "copy", keep=0, endpoint_url=endpoint)


def test_the_copy_must_lie_elsewhere(three: str, endpoint: str) -> None:
    """Inside the experiment's folder it would be pruned with the rest."""
    with pytest.raises(StorageError, match="which is to be pruned"):
        prune(three, "tune", "t1", trials=TRIALS, copy=f"{three}/tune/t1", keep=0, endpoint_url=endpoint)


@pytest.mark.parametrize("name", ["", ".", "..", "../tune", "a/b", "/", "A", "a\n", "*", "tune/"])
@pytest.mark.parametrize("kind", ["experiment", "trial"])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, kind: str, name: str) -> None:
    """Before anything is looked at."""
    experiment, trial = (name, "t1") if kind == "experiment" else ("tune", name)
    with pytest.raises(InputError, match=f"The {kind}'s name"):
        prune(tmp_path / "models", experiment, trial, trials=TRIALS, copy=tmp_path / "copy")


@pytest.mark.parametrize("keep", [-1, 2])
def test_keep_is_one_or_none(tmp_path: Path, keep: int) -> None:
    """A number that would need a ranking is refused rather than guessed at."""
    with pytest.raises(InputError, match=f"keep is {keep}"):
        prune(tmp_path, "tune", "t1", trials=TRIALS, copy=tmp_path / "copy", keep=keep)


def test_a_root_without_a_name_is_refused(tmp_path: Path) -> None:
    """An empty address must not become the current directory."""
    with pytest.raises(InputError, match="address of the models is empty"):
        prune("", "tune", "t1", trials=TRIALS, copy=tmp_path / "copy")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(experiment=st.text(max_size=12), trial=st.text(max_size=12))
def test_no_name_reaches_outside_its_folder(tmp_path: Path, experiment: str, trial: str) -> None:
    """Whatever the names are, a neighbour of the root and another experiment keep their files."""
    for kept in ("neighbour/t1", "models/other/t1", "copy"):
        if not (tmp_path / kept).exists():
            write_model(f"{tmp_path}/{kept}")
    try:
        prune(tmp_path / "models", experiment, trial, trials=TRIALS, copy=tmp_path / "copy", keep=0)
    except KfpKatibError:
        assert not is_safe_name(experiment) or not is_safe_name(trial)
    assert experiment == "other" or (tmp_path / "models" / "other" / "t1" / "model.json").exists()
    assert (tmp_path / "neighbour" / "t1" / "model.json").exists()


class TestPlainFolders:
    """What only a plain folder has: links, foreign files, rights, and folders that vanish."""

    @pytest.fixture
    def models(self, tmp_path: Path) -> Path:
        """A winner, a loser, and their experiment's folder's parent."""
        write_model(f"{tmp_path}/models/tune/t1")
        write_model(f"{tmp_path}/models/tune/t2")
        write_model(f"{tmp_path}/copy")
        write_model(f"{tmp_path}/precious")
        return tmp_path / "models"

    def test_a_link_among_the_trials_is_left_alone(self, models: Path, tmp_path: Path) -> None:
        """Neither it nor what it leads to is deleted."""
        (models / "tune" / "t3").symlink_to(tmp_path / "precious")
        found = prune(models, "tune", "t1", trials=TRIALS, copy=tmp_path / "copy")
        assert (found.removed, found.left_alone) == (("t2",), ("t3",))
        assert (models / "tune" / "t3").is_symlink()
        assert (tmp_path / "precious" / "model.json").exists()

    def test_a_link_inside_a_trial_goes_but_is_not_followed(self, models: Path, tmp_path: Path) -> None:
        """To a file, to a folder, and to nothing."""
        for name, target in (("f", "precious/weights.bin"), ("d", "precious"), ("n", "nothing")):
            (models / "tune" / "t2" / name).symlink_to(tmp_path / target)
        prune(models, "tune", "t1", trials=TRIALS, copy=tmp_path / "copy")
        assert not (models / "tune" / "t2").exists()
        assert len(contents(str(tmp_path / "precious"))) == 3

    def test_an_experiment_that_is_a_link_is_refused(self, models: Path, tmp_path: Path) -> None:
        """It would lead to another experiment's folder."""
        (models / "linked").symlink_to(models / "tune")
        with pytest.raises(StorageError, match="linked is a symbolic link or no folder, and is not followed"):
            prune(models, "linked", "t1", trials=TRIALS, copy=tmp_path / "copy")
        with pytest.raises(StorageError, match="Nothing was deleted"):
            disk.remove(models / "linked", ["t2"])
        assert (models / "tune" / "t2").exists()

    def test_a_trial_swapped_for_a_link_meanwhile_is_not_followed(self, models: Path, tmp_path: Path) -> None:
        """It is reported as not deleted, and what it leads to stands."""
        (models / "tune" / "t3").symlink_to(tmp_path / "precious")
        with pytest.raises(StorageError, match=r"1 of 2 folders in .*tune could not be deleted"):
            disk.remove(models / "tune", ["t3", "t2"])
        assert (tmp_path / "precious" / "model.json").exists()
        assert not (models / "tune" / "t2").exists()

    def test_what_is_no_trial_is_left_alone(self, models: Path, tmp_path: Path) -> None:
        """A file, and folders with names that no trial can have, such as a disk's snapshots."""
        (models / "tune" / "notes.txt").write_text("mine")
        (models / "tune" / ".snapshot").mkdir()
        (models / "tune" / "lost+found").mkdir()
        found = prune(models, "tune", "t1", trials=TRIALS, copy=tmp_path / "copy")
        assert found.left_alone == (".snapshot", "lost+found", "notes.txt")
        assert (models / "tune" / ".snapshot").exists()

    def test_a_folder_that_vanishes_meanwhile_is_no_error(self, models: Path) -> None:
        """Two steps may tidy up at once."""
        disk.remove(models / "tune", ["gone", "t2"])
        assert [path.name for path in (models / "tune").iterdir()] == ["t1"]

    def test_files_that_vanish_meanwhile_are_no_error(
        self, models: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
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
        self, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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
