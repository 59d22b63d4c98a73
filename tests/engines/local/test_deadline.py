# SPDX-License-Identifier: Apache-2.0
"""activeDeadlineSeconds: a trial that hangs is ended, as on Katib."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from kfp_katib import run
from kfp_katib.experiment import load
from tests.builders.search import PRINT, manifest
from tests.engines.local import drive
from tests.engines.local.drive import alive, pids
from tests.engines.local.searches import only
from tests.support.waiting import until

WORDS = {
    "Job": "Job was active longer than specified deadline",
    "Pod": "Pod was active on the node longer than the specified deadline",
}


def limited(script: str, kind: str, seconds: Any, **spec: Any) -> dict[str, Any]:
    """A search of one trial whose Job or pod has a deadline."""
    document = manifest(script, **{"maxTrialCount": 1, "maxFailedTrialCount": 1, **spec})
    job = document["spec"]["trialTemplate"]["trialSpec"]["spec"]
    (job if kind == "Job" else job["template"]["spec"])["activeDeadlineSeconds"] = seconds
    return document


@pytest.mark.parametrize("kind", ["Job", "Pod"])
def test_a_trial_that_hangs_is_ended(tmp_path: Path, kind: str) -> None:
    """It failed, with Kubernetes' reason; nothing of it runs on."""
    script = f"echo $$$$ > {tmp_path}/$$$$.pid; sleep 600 & sleep 600; {PRINT}"
    start = time.monotonic()
    trial = only(run(load(limited(script, kind, 1)), runs=tmp_path / "runs"))
    assert (trial.state, trial.reason) == ("Failed", f"TrialFailed. {kind} reason: DeadlineExceeded")
    assert trial.message == f"Trial has failed. {kind} message: {WORDS[kind]} (1 s)"
    assert 1 <= time.monotonic() - start < 60
    assert not alive(tmp_path)


def test_one_that_does_not_end_on_sigterm_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the grace that every trial has."""
    monkeypatch.setattr("kfp_katib.engines.local.asked_to_end.GRACE_SECONDS", 0.3)
    script = f"trap '' TERM; echo $$$$ > {tmp_path}/$$$$.pid; while :; do sleep 600; done; {PRINT}"
    trial = only(run(load(limited(script, "Job", 1)), runs=tmp_path / "runs"))
    assert trial.reason == "TrialFailed. Job reason: DeadlineExceeded"
    assert not alive(tmp_path)


def test_what_the_trial_comes_to_in_its_grace_does_not_count(tmp_path: Path) -> None:
    """The Job has failed by then."""
    script = f"trap 'echo loss=0; exit 0' TERM; sleep 600 & wait; {PRINT}"
    trial = only(run(load(limited(script, "Job", 1)), runs=tmp_path))
    assert (trial.state, dict(trial.metrics)) == ("Failed", {})


@pytest.mark.parametrize("seconds", [60, 2**62])
def test_a_trial_in_time_is_none_the_worse(tmp_path: Path, seconds: int) -> None:
    """However late its deadline is."""
    assert run(load(limited(PRINT, "Job", seconds)), runs=tmp_path).succeeded


def test_only_the_trial_that_hangs_is_ended(tmp_path: Path) -> None:
    """Those beside it have deadlines of their own, and the search goes on."""
    script = f"mkdir {tmp_path}/first && sleep 600; sleep 0.4; {PRINT}"
    changes = {"parallelTrialCount": 2, "maxTrialCount": 4, "maxFailedTrialCount": 2}
    result = run(load(limited(script, "Job", 2, **changes)), runs=tmp_path / "runs")
    assert (result.count("Failed"), result.count("Succeeded")) == (1, 3)


def test_it_counts_from_the_trials_start_while_no_engine_looks_on(tmp_path: Path) -> None:
    """The engine was killed; the trial that is past its deadline by the next start does not run again."""
    script = f"echo $$$$ > {tmp_path}/$$$$.pid; sleep 600; {PRINT}"
    document = limited(script, "Job", 2)
    with drive.start(document, tmp_path / "runs") as engine:
        until(lambda: len(pids(tmp_path)) == 1)
        os.kill(engine.pid, signal.SIGKILL)
    time.sleep(2.1)
    trial = only(run(load(document), runs=tmp_path / "runs"))
    assert trial.reason == "TrialFailed. Job reason: DeadlineExceeded"
    assert len(pids(tmp_path)) == 1
    assert not alive(tmp_path)


def test_one_that_ended_too_late_meanwhile_failed_as_well(tmp_path: Path) -> None:
    """By the time of its exit status."""
    script = f"echo $$$$ > {tmp_path}/$$$$.pid; sleep 1.5; {PRINT}"
    document = limited(script, "Job", 1)
    with drive.start(document, tmp_path / "runs") as engine:
        until(lambda: len(pids(tmp_path)) == 1)
        os.kill(engine.pid, signal.SIGKILL)
    until(lambda: not alive(tmp_path))
    until(lambda: bool(list((tmp_path / "runs").glob("*/*/exit"))))
    trial = only(run(load(document), runs=tmp_path / "runs"))
    assert (trial.reason, trial.exit_code) == ("TrialFailed. Job reason: DeadlineExceeded", 0)


def test_it_is_no_longer_said_to_be_unused(tmp_path: Path) -> None:
    """Other fields of the Job still are."""
    result = run(load(limited(PRINT, "Job", 60)), runs=tmp_path)
    (note,) = (each for each in result.notes if each.startswith("Not used here"))
    assert "backoffLimit" in note
    assert "activeDeadlineSeconds" not in note


def test_a_search_may_have_all_the_time_there_is(tmp_path: Path) -> None:
    """A timeout that no clock holds is one that never comes."""
    document = manifest(PRINT, maxTrialCount=1)
    assert run(load(document), runs=tmp_path, timeout_seconds=1e300).succeeded
