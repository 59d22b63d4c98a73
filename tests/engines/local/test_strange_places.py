# SPDX-License-Identifier: Apache-2.0
"""What lies in the place of our files and folders is neither followed, waited for nor emptied."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from kfp_katib import run
from kfp_katib.engines.local.ending import end_abandoned
from kfp_katib.errors import InputError
from tests.builders.search import PRINT, search
from tests.engines.local.test_damaged_journals import TRIAL, lines_of

PLACES: dict[str, Callable[[Path], object]] = {
    "link": lambda path: path.symlink_to(path.parent / "target"),
    "dangling link": lambda path: path.symlink_to("/nowhere/at/all"),
    "pipe": lambda path: os.mkfifo(path),
    "folder": lambda path: path.mkdir(),
}


@pytest.mark.parametrize("make", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("name", ["journal", "lock"])
def test_only_plain_files_are_taken_for_ours(
    tmp_path: Path, name: str, make: Callable[[Path], object]
) -> None:
    """Links are not followed, pipes not waited for; what a link leads to stays as it was."""
    place = tmp_path / "tune"
    place.mkdir()
    (place / "target").write_text("somebody's")
    make(place / name)
    with pytest.raises(InputError, match=r"it is a symbolic link|it is a named pipe|Is a directory"):
        run(search(PRINT), runs=tmp_path)
    assert (place / "target").read_text() == "somebody's"
    if name == "journal":
        assert run(search(PRINT), runs=tmp_path, again=True).succeeded


def test_a_trials_folder_that_is_a_link_is_replaced(tmp_path: Path) -> None:
    """What it leads to is neither emptied nor written into."""
    experiment = search(PRINT, algorithm={"algorithmName": "grid"})
    names = [trial.name for trial in run(experiment, runs=tmp_path / "once").trials]
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "exit").write_text("0\n")
    run_folder = tmp_path / "twice" / "tune"
    run_folder.mkdir(parents=True)
    for name in names:
        (run_folder / name).symlink_to(precious)
    shutil.copy(tmp_path / "once" / "tune" / "journal", run_folder / "journal")
    lines = lines_of(run_folder / "journal")
    (run_folder / "journal").write_bytes(b"".join(lines[: TRIAL + 1]))
    assert run(experiment, runs=tmp_path / "twice").count("Succeeded") == 3
    assert [entry.name for entry in precious.iterdir()] == ["exit"]


def numbered(path: Path, *names: str) -> None:
    """Folders in it, of these names."""
    for name in names:
        (path / name).mkdir(parents=True)


def filled(path: Path) -> None:
    """Files in it, where folders are expected."""
    path.mkdir()
    for name in ("1", "2"):
        (path / name).write_text("x")


EARLIER: dict[str, Callable[[Path], object]] = {
    "a file": lambda path: path.write_text("x"),
    "a link": lambda path: path.symlink_to("/tmp"),
    "a pipe": lambda path: os.mkfifo(path),
    "a gap": lambda path: numbered(path, "3"),
    "files": filled,
    "names": lambda path: numbered(path, "old", "²", "-1", "01", "1e3"),
    "the greatest number": lambda path: numbered(path, "999999999", "1000000000"),
}


@pytest.mark.parametrize("make", EARLIER.values(), ids=EARLIER)
def test_again_works_whatever_is_in_earlier(tmp_path: Path, make: Callable[[Path], object]) -> None:
    """Nothing of it is lost, and the names of the trials are new each time."""
    (tmp_path / "tune").mkdir()
    make(tmp_path / "tune" / "earlier")
    names: set[str] = set()
    for count in (3, 6, 9):
        names |= {trial.name for trial in run(search(PRINT), runs=tmp_path, again=True).trials}
        assert len(names) == count
    assert len(list((tmp_path / "tune" / "earlier").glob("*/journal"))) == 2


def test_an_abandoned_search_with_a_damaged_journal_is_left_alone(tmp_path: Path) -> None:
    """Whatever stands in the place of a journal."""
    for name, make in PLACES.items():
        folder = tmp_path / name.replace(" ", "-")
        folder.mkdir()
        make(folder / "journal")
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / "journal").write_bytes(b'{"r1": 5}\n' * 2)
    (tmp_path / "long").mkdir()
    (tmp_path / "long" / "journal").write_bytes(b"x" * 50_000_000)
    assert end_abandoned("r1", runs=tmp_path) == []


# Below: journals that are damaged at random.
