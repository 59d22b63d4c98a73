# SPDX-License-Identifier: Apache-2.0
"""Points that the user gives to a search that runs: first, once, and the same after a kill."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kfp_katib import run
from kfp_katib.engines.engine import named
from kfp_katib.engines.options import RunOptions
from kfp_katib.errors import InputError
from tests.builders.search import PRINT, manifest, search
from tests.engines.local.test_warm_start_here import SPEC, earlier, tried
from tests.places import ROOT
from tests.support.waiting import until


def test_points_run_first_and_once(tmp_path: Path) -> None:
    """A finished search that is extended takes new ones, and refuses them while its verdict stands."""
    points = [{"lr": "0.25"}, {"lr": "0.75"}]
    first = run(search(PRINT, **SPEC), runs=tmp_path, enqueue=points)
    assert tried(first)[:2] == ["0.25", "0.75"]
    assert run(search(PRINT, **SPEC), runs=tmp_path, enqueue=points).trials == first.trials
    with pytest.raises(InputError, match="no room for 1 new point: it has its verdict"):
        run(search(PRINT, **SPEC), runs=tmp_path, enqueue=[{"lr": "0.5"}])
    more = run(search(PRINT, **SPEC | {"maxTrialCount": 6}), runs=tmp_path, enqueue=[*points, {"lr": "0.5"}])
    assert tried(more)[:5] == [*tried(first), "0.5"]
    assert len(more.trials) == 6


def test_more_points_than_trials_start_nothing(tmp_path: Path) -> None:
    """None is left out in silence."""
    with pytest.raises(
        InputError, match="no room for 5 new points: 0 of its maxTrialCount of 4 trials are taken"
    ):
        run(search(PRINT, **SPEC), runs=tmp_path, enqueue=[{"lr": "0.5"}] * 5)
    assert list(tmp_path.glob("tune/tune-*")) == []


def test_a_wrong_point_starts_nothing(tmp_path: Path) -> None:
    """Not even a folder is made."""
    with pytest.raises(InputError, match="'7' is not in the feasible space of lr"):
        run(search(PRINT, **SPEC), runs=tmp_path, enqueue=[{"lr": "0.5"}, {"lr": "7"}])
    assert list(tmp_path.iterdir()) == []


def test_a_kill_changes_no_suggestion(tmp_path: Path) -> None:
    """Killed again and again, its source deleted meanwhile, a search tries what it would have tried."""
    earlier(tmp_path / "runs", maxTrialCount=12)
    table = tmp_path / "runs" / "before"
    options = ["--from", str(table), "--enqueue", "lr=0.25", "--enqueue", "lr=0.75"]
    document = manifest(f"sleep 0.2; {PRINT}", **SPEC | {"maxTrialCount": 8})
    (tmp_path / "tune.json").write_text(json.dumps(document))
    command(tmp_path, "undisturbed", *options).communicate(timeout=120)
    for count in (1, 3, 6):
        with command(tmp_path, "killed", *options) as engine:
            until(lambda count=count: len(list(tmp_path.glob("killed/tune/tune-*/exit"))) >= count)  # type: ignore[misc]
            os.kill(engine.pid, signal.SIGKILL)
        shutil.rmtree(table, ignore_errors=True)
    said = command(tmp_path, "killed", *options).communicate(timeout=120)
    assert "cannot be read any more" in said[1]
    results = [
        named("local").read("tune", RunOptions(runs=tmp_path / name)) for name in ("undisturbed", "killed")
    ]
    assert tried(results[0]) == tried(results[1])
    assert tried(results[1])[:2] == ["0.25", "0.75"]


def command(folder: Path, runs: str, *options: str) -> subprocess.Popen[str]:
    """The command line in a process of its own."""
    line = [sys.executable, "-m", "kfp_katib", "run", str(folder / "tune.json"), "--runs", str(folder / runs)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    return subprocess.Popen([*line, *options], stdout=pipe, stderr=pipe, text=True, env=env, cwd=folder)


@pytest.mark.parametrize(
    "stored", [None, {}, [1], [{"lr": 1}], [{"lr": "9"}], [{"x": "1"}], [{}], [{"lr": "a\0"}]]
)
def test_a_damaged_point_is_damage(stored: object, tmp_path: Path) -> None:
    """It is said, and nothing else is tried in its place."""
    run(search(PRINT, **SPEC), runs=tmp_path)
    journal = tmp_path / "tune" / "journal"
    line = {"op_code": 2, "worker_id": "w", "study_id": 0, "user_attr": {"kfp-katib:enqueued": stored}}
    journal.write_text(journal.read_text() + json.dumps(line) + "\n")
    with pytest.raises(InputError, match=r"The journal .*is damaged"):
        run(search(PRINT, **SPEC | {"maxTrialCount": 6}), runs=tmp_path)


@pytest.mark.parametrize("place", [1, -1, "0", None])
def test_a_trial_that_is_no_point_is_damage(place: object, tmp_path: Path) -> None:
    """Each point has at most one trial, and each such trial has its point."""
    run(search(PRINT, **SPEC), runs=tmp_path, enqueue=[{"lr": "0.5"}])
    journal = tmp_path / "tune" / "journal"
    changed = journal.read_text().replace(
        '"kfp-katib:enqueued":0', f'"kfp-katib:enqueued":{json.dumps(place)}'
    )
    journal.write_text(changed)
    with pytest.raises(InputError, match=r"The journal .*is damaged"):
        run(search(PRINT, **SPEC), runs=tmp_path)
