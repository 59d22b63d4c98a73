# SPDX-License-Identifier: Apache-2.0
"""Only folders of the search's own trials are deleted, and only while the winner's own is there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kfp_katib.errors import InputError, StorageError
from kfp_katib.storage import prune
from tests.builders.model import contents, write_model

TRIALS = ("t1", "t10", "t2", "t3")


def left(root: str, endpoint: str) -> list[str]:
    """The trials' folders that still hold something."""
    return sorted(
        {name.rsplit("/w")[0].removesuffix("/sub") for name in contents(root, endpoint) if "w" in name}
    )


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
