# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C, or a terminal that is closed, ends `kfp-katib run` cleanly; it says what it waits for."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from kfp_katib.engines.local import runner
from tests.builders import search as searches
from tests.cli.commands import manifest, write
from tests.engines.local.drive import alive, pids
from tests.places import ROOT
from tests.support.waiting import until

RESET = "import signal, runpy, sys; signal.signal(signal.SIGHUP, signal.SIG_DFL); sys.argv[0] = 'kfp-katib'; "
COMMAND = f"{RESET}runpy.run_module('kfp_katib', run_name='__main__')"

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


def start(file: str) -> subprocess.Popen[str]:
    """The command in a process of its own, which can be interrupted."""
    command = [sys.executable, "-m", "kfp_katib", "run", file]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=ENVIRONMENT)


def test_a_trial_that_does_not_want_to_end_is_named_at_once(tmp_path: Path) -> None:
    """It is told what is waited for and for how long; a second Ctrl-C then spares the wait."""
    with start(write(tmp_path, manifest("deaf"))) as engine:
        until((tmp_path / "deaf").exists)
        engine.send_signal(signal.SIGINT)
        interrupted = time.monotonic()
        assert engine.stderr
        said = next(line for line in engine.stderr if "killed in" in line)
        engine.send_signal(signal.SIGINT)
        engine.communicate(timeout=60)
    assert time.monotonic() - interrupted < runner.GRACE_SECONDS
    assert re.search(r"ending shell-\w+: what still runs is killed in 5 s, or now by Ctrl-C$", said)


def test_ctrl_c_stops_cleanly_and_shows_what_there_is(tmp_path: Path) -> None:
    """Exit code 130; the trial that hung is gone, and the search can go on."""
    with start(write(tmp_path, manifest("0.3", "hang"))) as engine:
        until(lambda: len(list(tmp_path.glob("runs/shell/shell-*/log"))) == 2)
        engine.send_signal(signal.SIGINT)
        stdout, stderr = engine.communicate(timeout=60)
    assert engine.returncode == 130
    assert "\nsh train.sh 0.3\n" in stdout
    assert "Error: Experiment 'shell' was interrupted" in stderr
    assert "Traceback" not in stderr


def test_a_closed_terminal_ends_the_search_as_ctrl_c_does(tmp_path: Path) -> None:
    """The trial ends with what it started, and the exit code is that of an interrupt."""
    stray = f"(setsid sh -c 'echo $$$$ > {tmp_path}/stray.pid; exec sleep 600' &)"
    script = f"{stray}; echo $$$$ > {tmp_path}/trial.pid; sleep 600; echo loss=${{trialParameters.lr}}"
    (tmp_path / "m.json").write_text(json.dumps(searches.manifest(script)))
    terminal, end = os.openpty()
    command = [sys.executable, "-c", COMMAND, "run", "m.json"]
    streams = {"stdin": end, "stdout": end, "stderr": end}
    # `setsid --ctty`: the process leads a session of its own, whose terminal this is.
    with subprocess.Popen(["setsid", "--ctty", *command], cwd=tmp_path, env=ENVIRONMENT, **streams) as engine:  # type: ignore[call-overload]
        os.close(end)
        until(lambda: len(pids(tmp_path)) == 2)
        os.close(terminal)
        code = engine.wait(60)
    assert code == 130
    assert not alive(tmp_path)
