# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C ends a search cleanly, and says what it waits for."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kfp_katib.engines.local import crew
from tests.cli.commands import manifest, write
from tests.places import ROOT
from tests.support.waiting import until


@pytest.fixture(autouse=True)
def _in_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trials run where the command was called; `runs` is there too."""
    monkeypatch.chdir(tmp_path)


def start(file: str) -> subprocess.Popen[str]:
    """The command in a process of its own, which can be interrupted."""
    command = [sys.executable, "-m", "kfp_katib", "run", file]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environment)


def test_a_trial_that_does_not_want_to_end_is_named_at_once(tmp_path: Path) -> None:
    """It is told what is waited for and for how long; a second Ctrl-C then spares the wait."""
    with start(write(tmp_path, manifest("deaf"))) as process:
        until((tmp_path / "deaf").exists)
        process.send_signal(signal.SIGINT)
        interrupted = time.monotonic()
        assert process.stderr
        said = next(line for line in process.stderr if "killed in" in line)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert time.monotonic() - interrupted < crew.GRACE_SECONDS
    assert re.search(r"ending shell-\w+: killed in 5 s where it still runs, or now by Ctrl-C$", said)


def test_ctrl_c_stops_cleanly_and_shows_what_there_is(tmp_path: Path) -> None:
    """Exit code 130; the trial that hung is gone, and the search can go on."""
    with start(write(tmp_path, manifest("0.3", "hang"))) as process:
        until(lambda: len(list(tmp_path.glob("runs/shell/shell-*/log"))) == 2)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "--kind=0.3" in stdout
    assert "Error: Experiment 'shell' was interrupted" in stderr
    assert "Traceback" not in stderr
