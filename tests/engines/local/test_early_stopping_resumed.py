# SPDX-License-Identifier: Apache-2.0
"""Early stopping survives its engine: what was decided stands, and what was not is decided from the files."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from kfp_katib import run
from kfp_katib.engines.local import read
from kfp_katib.engines.local.journal_file import read_journal
from kfp_katib.engines.options import RunOptions
from kfp_katib.errors import Interrupted
from kfp_katib.experiment.model import Manifest
from kfp_katib.results import Progress, Result
from tests.builders.manifest import grid
from tests.builders.search import manifest, search
from tests.engines.local import drive
from tests.engines.local.drive import alive, pids
from tests.engines.local.katibs_medianstop import Service, stopped_at
from tests.support.waiting import until

MOMENTS = int(os.environ.get("KFP_KATIB_KILL_MOMENTS", "3"))
"""How often the engine is killed; 30 in the thorough run."""

MEDIANSTOP = {"algorithmName": "medianstop"}
SPEC: dict[str, Any] = {
    "parameters": [grid("0.1", "0.4", "0.1")],
    "maxTrialCount": 4,
    "earlyStopping": MEDIANSTOP,
}
REPORTS = "for n in 1 2 3 4; do echo loss=${trialParameters.lr}; done"


def script(tmp_path: Path, last: str) -> str:
    """Four reports in each trial; the last one, which is to be stopped, does more. Each counts its starts."""
    begin = f"echo ${{trialParameters.lr}} >> {tmp_path}/starts; test ${{trialParameters.lr}} != 0.4"
    return f"{{ {begin} && {{ {REPORTS}; }} || {{ echo $$$$ > {tmp_path}/last.pid; {last}; }}; }}"


def starts(tmp_path: Path) -> list[str]:
    """Which trial has begun how often."""
    return (tmp_path / "starts").read_text().split()


def states(result: Result) -> list[str]:
    """The trials' states."""
    return [each.state for each in result.trials]


def marked(tmp_path: Path) -> bool:
    """Whether the journal has the mark."""
    return b'"stopping":true' in (tmp_path / "runs" / "tune" / "journal").read_bytes()


ENDED = ["Succeeded"] * 3 + ["EarlyStopped"]


def test_a_trial_that_was_being_stopped_has_been_stopped(tmp_path: Path) -> None:
    """The engine was killed after the mark; the trial, which ignores SIGTERM, is ended and not run again."""
    line = script(tmp_path, f"{REPORTS}; trap '' TERM; sleep 600 & sleep 600; sleep 600")
    with drive.start(manifest(line, **SPEC), tmp_path / "runs") as engine:
        until(lambda: (tmp_path / "runs/tune/journal").exists() and marked(tmp_path))
        os.kill(engine.pid, signal.SIGKILL)
    assert alive(tmp_path)
    seen = read("tune", RunOptions(runs=tmp_path / "runs")).trials[-1]
    assert (seen.state, seen.reason) == ("Running", "TrialEarlyStopped")
    result = run(search(line, **SPEC), runs=tmp_path / "runs")
    assert states(result) == ENDED
    assert result.trials[-1].metrics["loss"].latest == "0.4"
    assert not alive(tmp_path)
    assert starts(tmp_path) == ["0.1", "0.2", "0.3", "0.4"]


@pytest.mark.parametrize("code", [0, 1])
def test_its_exit_code_does_not_matter(tmp_path: Path, code: int) -> None:
    """It ended while no engine watched."""
    line = script(
        tmp_path, f"{REPORTS}; trap '' TERM; until test -e {tmp_path}/go; do sleep 0.02; done; exit {code}"
    )
    with drive.start(manifest(line, **SPEC), tmp_path / "runs") as engine:
        until(lambda: (tmp_path / "runs/tune/journal").exists() and marked(tmp_path))
        os.kill(engine.pid, signal.SIGKILL)  # maybe while it halts the trial to ask it to end
    (tmp_path / "go").touch()
    until(lambda: len(drive.finished(tmp_path / "runs")) == 4)
    result = run(search(line, **SPEC), runs=tmp_path / "runs")
    assert (states(result), result.trials[-1].exit_code) == (ENDED, code)


def abandoned(tmp_path: Path, last: str) -> str:
    """A search whose engine is killed before its last trial, which has a rule, has reported."""
    line = script(tmp_path, f"until test -e {tmp_path}/go; do sleep 0.02; done; {last}")
    with drive.start(manifest(line, **SPEC), tmp_path / "runs") as engine:
        until(lambda: pids(tmp_path))
        os.kill(engine.pid, signal.SIGKILL)
    (tmp_path / "go").touch()
    return line


def test_what_was_reported_to_nobody_decides_too(tmp_path: Path) -> None:
    """Its rule is looked at when the search goes on; it need not run again to be stopped."""
    line = abandoned(tmp_path, f"{REPORTS}; touch {tmp_path}/reported; sleep 600")
    until(lambda: (tmp_path / "reported").exists())
    result = run(search(line, **SPEC), runs=tmp_path / "runs")
    assert states(result) == ENDED
    assert starts(tmp_path) == ["0.1", "0.2", "0.3", "0.4"]
    assert not alive(tmp_path)


def test_a_trial_that_had_ended_is_not_stopped(tmp_path: Path) -> None:
    """Nobody looked at its rule while it ran."""
    line = abandoned(tmp_path, REPORTS)
    until(lambda: len(drive.finished(tmp_path / "runs")) == 4)
    assert states(run(search(line, **SPEC), runs=tmp_path / "runs")) == ["Succeeded"] * 4


def test_a_trial_that_runs_again_keeps_its_rule(tmp_path: Path) -> None:
    """It had not reported enough when its engine was killed."""
    line = abandoned(tmp_path, f"echo loss=0.4; touch {tmp_path}/reported; {REPORTS}; sleep 600")
    (tmp_path / "go").unlink()
    before = read_journal(tmp_path / "runs/tune/journal").records[-1].rule
    assert before.startswith("loss;0.2")
    (tmp_path / "go").touch()
    result = run(search(line, **SPEC), runs=tmp_path / "runs")
    assert states(result) == ENDED
    assert read_journal(tmp_path / "runs/tune/journal").records[-1].rule == before


def test_an_interrupt_while_a_trial_is_stopped(tmp_path: Path) -> None:
    """It is over for that trial; it does not run again."""
    line = script(tmp_path, f"{REPORTS}; trap '' TERM; sleep 600 & wait; sleep 600")

    def interrupt(progress: Progress) -> None:
        if any(each.reason == "TrialEarlyStopped" for each in progress.changed):
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Interrupted) as caught:
        run(search(line, **SPEC), runs=tmp_path / "runs", on_update=interrupt)
    assert caught.value.result
    assert states(caught.value.result) == ENDED
    assert states(run(search(line, **SPEC), runs=tmp_path / "runs")) == ENDED
    assert starts(tmp_path) == ["0.1", "0.2", "0.3", "0.4"]
    assert not alive(tmp_path)


def test_a_verdict_while_a_trial_is_stopped(tmp_path: Path) -> None:
    """It is EarlyStopped, not Killed: that was settled before the goal was reached."""
    goal = f"until test -e {tmp_path}/asked; do sleep 0.02; done; echo loss=0.001"
    stubborn = f"{REPORTS}; trap 'touch {tmp_path}/asked' TERM; while true; do sleep 0.02; done"
    line = f"{{ case ${{trialParameters.lr}} in 0.1) {REPORTS};; 0.2) {goal};; *) {stubborn};; esac; }}"
    spec: dict[str, Any] = {
        "objective": {"type": "minimize", "objectiveMetricName": "loss", "goal": 0.01},
        "parameters": [grid("0.1", "0.3", "0.1")],
        "parallelTrialCount": 2,
        "earlyStopping": MEDIANSTOP | {"algorithmSettings": [{"name": "min_trials_required", "value": "1"}]},
    }
    result = run(search(line, **spec), runs=tmp_path / "runs", timeout_seconds=60)
    assert result.reason == "ExperimentGoalReached"
    assert states(result) == ["Succeeded", "Succeeded", "EarlyStopped"]


def test_kill_at_random_moments(tmp_path: Path) -> None:
    """Again and again; whoever was stopped is stopped for good, and each rule is Katib's."""
    budget = 6 * MOMENTS
    numbers = {"name": "lr", "parameterType": "int", "feasibleSpace": {"min": "1", "max": "99"}}
    settings = [{"name": "start_step", "value": "2"}, {"name": "min_trials_required", "value": "2"}]
    spec: dict[str, Any] = {
        "algorithm": {
            "algorithmName": "random",
            "algorithmSettings": [{"name": "random_state", "value": "1"}],
        },
        "parallelTrialCount": 2,
        "maxTrialCount": budget,
        "parameters": [numbers],
        "earlyStopping": {**MEDIANSTOP, "algorithmSettings": settings},
    }
    lr = "${trialParameters.lr}"
    line = f"{{ echo loss={lr}; echo loss={lr}.5; sleep 0.4; echo loss=0; }}"
    chance = random.Random(MOMENTS)
    done: dict[str, list[Any]] = {}
    document: Manifest = manifest(line, **spec)
    for _ in range(MOMENTS):
        with drive.start(document, tmp_path / "runs") as engine:
            until(lambda known=done: len(outcomes(tmp_path)) > len(known))  # type: ignore[misc]
            time.sleep(chance.uniform(0, 0.5))
            os.kill(engine.pid, signal.SIGKILL)
        assert done.items() <= outcomes(tmp_path).items()
        done = outcomes(tmp_path)
    result = run(search(line, **spec), runs=tmp_path / "runs")
    assert done.items() <= outcomes(tmp_path).items()
    assert len(result.trials) == budget
    assert {each.state for each in result.trials} == {"Succeeded", "EarlyStopped"}
    check_against_katib(tmp_path)


def outcomes(tmp_path: Path) -> dict[str, list[Any]]:
    """The trials that have ended by the journal: state, exit code, mean."""
    file = tmp_path / "runs" / "tune" / "journal"
    lines = file.read_bytes().splitlines(keepends=True) if file.exists() else []
    records = [json.loads(line).get("user_attr", {}) for line in lines if line.endswith(b"\n")]
    known = [each["kfp-katib:trial"] for each in records if "kfp-katib:trial" in each]
    return {each["name"]: [each["outcome"], each.get("mean")] for each in known if "outcome" in each}


def check_against_katib(tmp_path: Path) -> None:
    """Line by line of the journal: each trial's rule is that of Katib's service for those that had succeeded.

    And whoever was stopped would be by Katib's collector; who was not, ended before anybody looked.
    """
    service = Service(maximize=False, min_trials_required=2, start_step=2)
    succeeded: dict[str, list[str]] = {}
    rules, reports = [], []
    for text in (tmp_path / "runs" / "tune" / "journal").read_text().splitlines():
        line = json.loads(text)
        if line["op_code"] == 4:
            own = line["user_attrs"]
            lr = own["kfp-katib:parameters"]["lr"]
            rules.append(service.rule(succeeded))
            reports.append([lr, f"{lr}.5", "0"])
            value, comparison, step = rules[-1] or ("", "", 0)
            assert own.get("kfp-katib:stop-rule", "") == (
                f"loss;{value};{comparison};{step}" if value else ""
            )
        ended = line.get("user_attr", {}).get("kfp-katib:trial", {}).get("outcome")
        if ended and ended[0] == "Succeeded":
            succeeded[str(line["trial_id"])] = reports[line["trial_id"]]
        if ended and ended[0] == "EarlyStopped":
            assert stopped_at(reports[line["trial_id"]], rules[line["trial_id"]], maximize=False) == 2
