# SPDX-License-Identifier: Apache-2.0
"""In a folder one run works at a time, however the one before it ended."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.builders.manifest import MODEL, TRAIN, manifest
from tests.pipelines.test_run_local import SEARCH, run, start
from tests.support.waiting import until

HANGS = manifest(*TRAIN, "--out", MODEL, "--hang")


def test_a_second_run_in_a_folder_is_refused(tmp_path: Path) -> None:
    """Before it writes over the log of the first; the message says who runs there and what to do."""
    with start(HANGS, tmp_path, group=True) as first:
        until(lambda: list(tmp_path.glob("started-*")), seconds=60)
        log = tmp_path / "out" / "run.log"
        before = log.read_text()
        second = run(SEARCH, tmp_path)
        after = log.read_text()
        first.terminate()
        first.communicate(timeout=60)
    assert (second.returncode, second.stdout) == (2, "")
    assert second.stderr == (
        f"Error: Another run is under way in {tmp_path}/out (pid {first.pid}). Follow it (tail -f {log}), "
        f"stop it (kill {first.pid}), or choose another folder (--folder).\n"
    )
    assert after.startswith(before)
    assert before


def test_a_killed_run_does_not_keep_its_folder(tmp_path: Path) -> None:
    """The lock goes with the process, although its file stays."""
    with start(SEARCH, tmp_path, group=True) as first:
        until(lambda: (tmp_path / "out" / "run.log").exists(), seconds=60)
        os.killpg(first.pid, signal.SIGKILL)
    assert (tmp_path / "out" / "lock").read_text() == str(first.pid)
    second = run(SEARCH, tmp_path)
    assert second.returncode == 0, second.stdout + second.stderr
