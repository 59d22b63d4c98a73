# SPDX-License-Identifier: Apache-2.0
"""Pruning deletes the losers of one experiment and nothing else, and only once the copy is verified."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kfp_katib.errors import InputError, KfpKatibError, NoCheckpoint, StorageError
from kfp_katib.storage import Pruned, prune
from kfp_katib.storage.addresses import is_safe_name
from tests.builders.model import TRIALS, contents, write_files, write_model


def left(root: str, endpoint: str) -> list[str]:
    """The trials' folders that still hold something."""
    return sorted(
        {name.rsplit("/w")[0].removesuffix("/sub") for name in contents(root, endpoint) if "w" in name}
    )


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


def test_only_the_trials_of_the_table_go(three: str, endpoint: str, tmp_path: Path) -> None:
    """A folder with a name that a trial could have may be somebody's data all the same."""
    found = prune(three, "tune", "t1", trials=["t1", "t2"], copy=tmp_path / "copy", endpoint_url=endpoint)
    assert (found.removed, found.left_alone) == (("t2",), ("t10",))
    assert left(three, endpoint) == ["tune-2/t1", "tune/t1", "tune/t10"]


@pytest.mark.parametrize("keep", [0, 1])
def test_nothing_is_deleted_where_the_winner_is_not(
    three: str, endpoint: str, tmp_path: Path, keep: int, caplog: pytest.LogCaptureFixture
) -> None:
    """This may be another search's folder, whatever the trials there are called."""
    prune(three, "tune", "t1", trials=["t1"], copy=tmp_path / "copy", keep=0, endpoint_url=endpoint)
    before = contents(three, endpoint)
    found = prune(
        three, "tune", "t1", trials=TRIALS, copy=tmp_path / "copy", keep=keep, endpoint_url=endpoint
    )
    assert (found.removed, found.kept, found.left_alone) == ((), (), ("t10", "t2"))
    assert contents(three, endpoint) == before
    assert "tune holds no model of trial t1, so nothing is deleted there" in caplog.text


def test_the_winner_goes_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So a step that fails among the losers finds its way the next time."""
    for name in ("t1", "t2", "t3"):
        write_model(f"{tmp_path}/models/tune/{name}")
    write_model(f"{tmp_path}/copy")
    rmdir = os.rmdir

    def refuse(name: str, *, dir_fd: int) -> None:
        if name == "t2":
            raise PermissionError(13, "Permission denied", name)
        rmdir(name, dir_fd=dir_fd)

    with monkeypatch.context() as patch:
        patch.setattr(os, "rmdir", refuse)
        with pytest.raises(StorageError, match="could not be deleted"):
            prune(tmp_path / "models", "tune", "t1", trials=TRIALS, copy=tmp_path / "copy", keep=0)
    assert {path.name for path in (tmp_path / "models" / "tune").iterdir()} == {"t1", "t2"}
    found = prune(tmp_path / "models", "tune", "t1", trials=TRIALS, copy=tmp_path / "copy", keep=0)
    assert found.removed == ("t1", "t2")
    assert list((tmp_path / "models" / "tune").iterdir()) == []


def test_a_name_in_the_table_that_leads_elsewhere_is_refused(
    three: str, endpoint: str, tmp_path: Path
) -> None:
    """Before anything is deleted."""
    with pytest.raises(InputError, match=r"The trial's name '\.\./tune-2'"):
        prune(three, "tune", "t1", trials=["t2", "../tune-2"], copy=tmp_path / "copy", endpoint_url=endpoint)
    assert len(left(three, endpoint)) == 4
