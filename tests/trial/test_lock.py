# SPDX-License-Identifier: Apache-2.0
"""A file is held by one process at a time, and by none that has ended."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from kfp_katib.trial.lock import Held, holder, take
from kfp_katib.trial.plain_file import NotPlain

HOLDS = """
import subprocess, sys
from pathlib import Path
from kfp_katib.trial.lock import take
take(Path(sys.argv[1]))
child = subprocess.Popen(["sleep", "60"])
print(child.pid, flush=True)
sys.stdin.read()
"""


@contextmanager
def another(path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A process that holds the file, and the id of what it has started."""
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", HOLDS, str(path)]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as started:
        assert started.stdout
        child = int(started.stdout.readline())
        try:
            yield started, child
        finally:
            psutil.Process(child).kill()


def test_a_file_that_another_process_holds_is_refused_with_its_id(tmp_path: Path) -> None:
    """Whoever looks sees the same."""
    with another(tmp_path / "lock") as (other, _):
        with pytest.raises(Held, match=f"^{other.pid}$"):
            take(tmp_path / "lock")
        assert holder(tmp_path / "lock") == other.pid


def test_a_process_that_is_killed_holds_nothing(tmp_path: Path) -> None:
    """Not even if what it had started goes on."""
    with another(tmp_path / "lock") as (other, child):
        other.kill()
        other.wait()
        assert psutil.pid_exists(child)
        assert holder(tmp_path / "lock") is None
        os.close(take(tmp_path / "lock"))


def test_a_file_is_free_when_its_descriptor_is_closed(tmp_path: Path) -> None:
    """It stays where it is, with the id of the last holder."""
    lock = take(tmp_path / "lock")
    assert holder(tmp_path / "lock") == os.getpid()
    os.close(lock)
    assert holder(tmp_path / "lock") is None
    assert (tmp_path / "lock").read_text() == str(os.getpid())


def test_nobody_holds_a_file_that_is_not_there(tmp_path: Path) -> None:
    """And looking does not make it."""
    assert holder(tmp_path / "lock") is None
    assert not (tmp_path / "lock").exists()


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """It would have the file that it leads to written over."""
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "lock").symlink_to(tmp_path / "mine")
    with pytest.raises(NotPlain, match="it is a symbolic link"):
        take(tmp_path / "lock")
    assert (tmp_path / "mine").read_text() == "mine"
