# SPDX-License-Identifier: Apache-2.0
"""A search's folder has one owner at a time, also while others make it and take it back."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from threading import Thread

import pytest

from kfp_katib.engines.local.folder import lock_of, open_folder
from kfp_katib.errors import InputError


def test_what_was_made_is_taken_back_where_nothing_was_put(tmp_path: Path) -> None:
    """With the folders above it; nobody finds a lock there later."""
    with open_folder(tmp_path / "deep" / "runs", "tune") as folder:
        assert lock_of(folder).exists()
    assert list(tmp_path.iterdir()) == []


def test_what_was_put_there_stays(tmp_path: Path) -> None:
    """With its lock."""
    with open_folder(tmp_path, "tune") as folder:
        folder.journal.touch()
    assert {each.name for each in folder.path.iterdir()} == {"journal", "lock"}


def test_a_folder_that_was_there_stays(tmp_path: Path) -> None:
    """Somebody else made it."""
    (tmp_path / "tune").mkdir()
    with open_folder(tmp_path, "tune"):
        pass
    assert (tmp_path / "tune").is_dir()


def test_it_never_has_two_owners(tmp_path: Path) -> None:
    """Eight who open it as often as they can; whoever comes too late is told so, and nothing else."""
    inside, told = Counter[str](), list[str]()

    def try_often() -> None:
        for _ in range(200):
            try:
                with open_folder(tmp_path / "runs", "tune"):
                    inside["now"] += 1
                    inside["most"] = max(inside["most"], inside["now"])
                    inside["ever"] += 1
                    inside["now"] -= 1
            except InputError as error:
                told.append(str(error))

    threads = [Thread(target=try_often) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert inside["most"] == 1
    assert inside["ever"] + len(told) == 1600
    assert [each for each in told if "is being run in" not in each] == []


def test_where_no_folder_can_be_made_the_reason_is_said(tmp_path: Path) -> None:
    """Once, and at once."""
    (tmp_path / "file").touch()
    with (
        pytest.raises(InputError, match=r"cannot keep its files in .*/file/tune: Not a directory"),
        open_folder(tmp_path / "file", "tune"),
    ):
        pass
