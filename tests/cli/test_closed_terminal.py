# SPDX-License-Identifier: Apache-2.0
"""A terminal that is closed while `kfp-katib run` runs in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from kfp_katib.engines.local.processes import process
from tests.builders.search import manifest
from tests.engines.local.test_stopping import pids
from tests.places import ROOT
from tests.support.waiting import until

RESET = "import signal, runpy, sys; signal.signal(signal.SIGHUP, signal.SIG_DFL); sys.argv[0] = 'kfp-katib'; "
COMMAND = f"{RESET}runpy.run_module('kfp_katib', run_name='__main__')"


def test_it_ends_the_search_as_ctrl_c_does(tmp_path: Path) -> None:
    """The trial ends with what it started, and the exit code is that of an interrupt."""
    stray = f"(setsid sh -c 'echo $$$$ > {tmp_path}/stray.pid; exec sleep 600' &)"
    script = f"{stray}; echo $$$$ > {tmp_path}/trial.pid; sleep 600; echo loss=${{trialParameters.lr}}"
    (tmp_path / "m.json").write_text(json.dumps(manifest(script)))
    terminal, end = os.openpty()
    command = [sys.executable, "-c", COMMAND, "run", "m.json"]
    streams = {"stdin": end, "stdout": end, "stderr": end}
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    # `setsid --ctty`: the process leads a session of its own, whose terminal this is.
    with subprocess.Popen(["setsid", "--ctty", *command], cwd=tmp_path, env=env, **streams) as engine:  # type: ignore[call-overload]
        os.close(end)
        until(lambda: len(pids(tmp_path)) == 2)
        os.close(terminal)
        code = engine.wait(60)
    assert code == 130
    assert not any(found.alive for pid in pids(tmp_path) if (found := process(pid)))
