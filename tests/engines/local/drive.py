# SPDX-License-Identifier: Apache-2.0
"""An engine in a process of its own, for tests that signal or kill it, and trials that tell their pids.

Started as `python -m tests.engines.local.drive`.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from kfp_katib import run
from kfp_katib.engines.local import runner
from kfp_katib.errors import KfpKatibError, Unfinished
from kfp_katib.experiment import load
from kfp_katib.experiment.model import Manifest
from kfp_katib.trial.processes import process
from tests.builders.search import PRINT
from tests.places import ROOT


def start(document: Manifest, runs: Path, *, grace_seconds: float = 5.0) -> subprocess.Popen[str]:
    """Starts an engine; its last line of output is JSON: the error's name, and the trials' states."""
    file = runs.parent / "manifest.json"
    file.write_text(json.dumps(document))
    command = [sys.executable, "-m", "tests.engines.local.drive", str(file), str(runs), str(grace_seconds)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env, start_new_session=True)


def hanging(place: Path) -> str:
    """A script whose first trial ends and whose others hang; each writes its pid beside the runs."""
    return f"echo $$$$ > {place}/${{trialParameters.trial}}.pid; mkdir {place}/first || sleep 600; {PRINT}"


def pids(place: Path) -> list[int]:
    """The pids that trials wrote."""
    return [int(file.read_text()) for file in place.glob("*.pid") if file.read_text()]


def alive(place: Path) -> list[int]:
    """Those of them that still run."""
    return [pid for pid in pids(place) if (found := process(pid)) and found.alive]


def main(file: str, runs: str, grace_seconds: str) -> None:
    """Runs a manifest and says what came of it."""
    runner.GRACE_SECONDS = float(grace_seconds)
    for number in (signal.SIGHUP, signal.SIGQUIT):  # whatever runs the tests may ignore them
        signal.signal(number, signal.SIG_DFL)
    report: dict[str, object] = {}
    try:
        result = run(load(Path(file)), runs=Path(runs))
    except KfpKatibError as err:
        report = {"error": type(err).__name__, "message": str(err)}
        found = err.result if isinstance(err, Unfinished) else None
    else:
        report, found = {"error": None, "reason": result.reason}, result
    report["states"] = [trial.state for trial in found.trials] if found else []
    print(json.dumps(report), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
