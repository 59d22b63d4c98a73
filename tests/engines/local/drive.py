# SPDX-License-Identifier: Apache-2.0
"""An engine in a process of its own, for tests that signal or kill it, and trials that tell their pids.

Started as `python -m tests.engines.local.drive`.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from kfp_katib import run
from kfp_katib.engines.local import runner
from kfp_katib.errors import KfpKatibError, Unfinished
from kfp_katib.experiment import load
from kfp_katib.experiment.model import Manifest
from kfp_katib.trial.processes import process
from tests.builders.search import PRINT
from tests.places import ROOT
from tests.support.waiting import until

MOMENTS = int(os.environ.get("KFP_KATIB_KILL_MOMENTS", "5"))
"""How often an engine is killed; 30 in the thorough run."""


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


def finished(runs: Path) -> dict[str, int]:
    """The trials whose exit status is on disk, and when it was written (in nanoseconds)."""
    files = (file for file in runs.glob("*/*/exit") if file.read_text().endswith("\n"))
    return {file.parent.name: file.stat().st_mtime_ns for file in files}


def kill_at_random_moments(
    document: Manifest, runs: Path, *, most_seconds: float, kills: int = MOMENTS
) -> dict[str, int]:
    """Kill a search's engine again and again, after one more trial has ended; what was finished stays so.

    Args:
        document: The search.
        runs: Where it runs.
        most_seconds: How long after that end it is killed at most.
        kills: How often.

    Returns:
        The trials that had finished at the last kill.
    """
    chance, done = random.Random(kills), dict[str, int]()
    for _ in range(kills):
        with start(document, runs) as engine:
            begun = len(finished(runs))
            until(lambda begun=begun: len(finished(runs)) > begun)  # type: ignore[misc]
            time.sleep(chance.uniform(0, most_seconds))
            assert engine.poll() is None
            os.kill(engine.pid, signal.SIGKILL)
        assert done.items() <= finished(runs).items()
        done = finished(runs)
    return done


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
