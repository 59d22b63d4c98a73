# SPDX-License-Identifier: Apache-2.0
"""A bucket that gcsfuse mounts, as Vertex AI does for each step, takes a model though folders stay put there.

What stands in for it is a plain folder in which a folder that holds files cannot be renamed: EMFILE.
"""

from __future__ import annotations

import errno
import fcntl
import shutil
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from kfp_katib.errors import StorageError
from kfp_katib.storage import collect, disk, promote, read_checkpoint, verify
from tests.builders.model import THREE, contents, listing, write_files, write_model
from tests.builders.result import result
from tests.storage.turns import Killed, Turns

OLD = {"same": b"old", "a": b"1", "b/c": b"2"}
NEW = {"same": b"new", "a/x": b"3", "b": b"4"}
"""A file where the other has a folder, both ways."""


class Mount:
    """Counts what changes the folder, and ends the step before one of them.

    Attributes:
        ends_at: Which one; 0 for none.
        changes: How many there were.
        turns: Who makes the next one, where several processes do.
    """

    ends_at = 0
    changes = 0
    turns: Turns | None = None

    def change(self) -> None:
        """One more."""
        if self.turns:
            self.turns.change()
        self.changes += 1
        if self.changes == self.ends_at:
            raise Killed


@pytest.fixture
def mount(monkeypatch: pytest.MonkeyPatch) -> Mount:
    """Every folder behaves as on such a mount."""
    mount, rename = Mount(), Path.rename

    def renamed(self: Path, target: Any) -> Path:
        if self.is_dir() and any(self.iterdir()):
            raise OSError(errno.EMFILE, "Too many open files", str(self))
        mount.change()
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", renamed)
    for name in ("unlink", "write_text", "rmdir"):
        monkeypatch.setattr(Path, name, _counted(mount, getattr(Path, name)))
    return mount


def _counted(mount: Mount, work: Any) -> Any:
    def counted(*given: Any, **more: Any) -> Any:
        mount.change()
        return work(*given, **more)

    return counted


@pytest.mark.usefixtures("mount")
def test_the_winner_is_collected(tmp_path: Path) -> None:
    """Into the step's own output, which is there already, and again by a retried step."""
    write_model(f"{tmp_path}/models/tune/tune-1", OLD)
    (tmp_path / "out").mkdir()
    for _ in range(2):
        assert collect(result(THREE), tmp_path / "models", tmp_path / "out").trial == THREE[1]
        assert contents(f"{tmp_path}/out") == OLD | {"model.json": listing(OLD).encode()}
    assert {path.name for path in tmp_path.iterdir()} == {"models", "out"}


@pytest.mark.parametrize("machines", ["one machine", "two machines"])
@pytest.mark.parametrize("dies_at", range(0, 24, 2))
def test_two_promotes_at_once_leave_nothing_that_the_next_would_refuse(
    tmp_path: Path, mount: Mount, monkeypatch: pytest.MonkeyPatch, machines: str, dies_at: int
) -> None:
    """In any order, one of them killed or not: what either left is taken for ours, and goes.

    A machine does not see the locks of another one.
    """
    monkeypatch.setattr(disk, "_PAUSE", 0.0)
    if machines == "two machines":
        monkeypatch.setattr(fcntl, "flock", lambda *_: None)
    rmtree = shutil.rmtree
    models = {"old": OLD, "one": {"only/one": b"1", **NEW}, "two": {"only/two": b"2", "same": b"2", "z": b""}}
    for name, files in models.items():
        write_model(f"{tmp_path}/{name}", files)
    for seed in range(5):
        release = tmp_path / str(seed) / "release"
        mount.turns = None
        promote(tmp_path / "old", release)
        mount.turns = Turns(seed, dies_at)
        monkeypatch.setattr(shutil, "rmtree", _of_the_living(mount.turns, rmtree))
        killed, other = mount.turns.run(
            *(partial(promote, tmp_path / name, release) for name in ("one", "two"))
        )
        assert isinstance(killed, StorageError | Killed | None)
        assert isinstance(other, StorageError | None)
        if (release / "model.json").exists() and not (killed or other):
            verify(read_checkpoint(release))
        mount.turns = None
        promote(tmp_path / "old", release)
        assert contents(str(release)) == contents(f"{tmp_path}/old")
        assert [path.name for path in release.parent.iterdir()] == ["release"]


def _of_the_living(turns: Turns, work: Any) -> Any:
    return lambda *given, **more: None if turns.is_dead else work(*given, **more)


def test_a_release_that_was_killed_at_any_moment_is_finished_by_the_next(
    tmp_path: Path, mount: Mount
) -> None:
    """What is there meanwhile is a whole model or none."""
    write_model(f"{tmp_path}/old", OLD)
    write_model(f"{tmp_path}/new", NEW)
    for moment in count(1):
        release = tmp_path / str(moment) / "release"
        mount.ends_at = 0
        promote(tmp_path / "old", release)
        mount.changes, mount.ends_at = 0, moment
        try:
            promote(tmp_path / "new", release)
        except Killed:
            mount.ends_at = 0
        if (release / "model.json").exists():
            verify(read_checkpoint(release))
        killed = not mount.ends_at
        promote(tmp_path / "new", release)
        assert contents(str(release)) == contents(f"{tmp_path}/new")
        assert [path.name for path in release.parent.iterdir()] == ["release"]
        if not killed:
            break
    assert moment > 10


@pytest.mark.usefixtures("mount")
def test_what_belongs_to_no_model_is_not_replaced_there_either(tmp_path: Path) -> None:
    """Nor what a damaged list would claim."""
    write_model(f"{tmp_path}/new", NEW)
    write_files(f"{tmp_path}/release", {"thesis.tex": b"years", f"model.json.{'0' * 12}.partial": b"{}"})
    with pytest.raises(StorageError, match=r"'thesis\.tex', which belongs to no model"):
        promote(tmp_path / "new", tmp_path / "release")
