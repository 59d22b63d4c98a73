# SPDX-License-Identifier: Apache-2.0
"""Trials that report worse values than those before them are stopped, and what they reported counts."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from kfp_katib import run
from kfp_katib.engines.local import asked_to_end
from kfp_katib.engines.local.journal_file import read_journal
from kfp_katib.report.so_far import trial_line
from kfp_katib.results import Metric, Progress, Result, Trial
from tests.builders.manifest import grid
from tests.builders.search import collector, search
from tests.engines.local.drive import alive
from tests.trial.metrics.test_tfevents import write

MEDIANSTOP = {"algorithmName": "medianstop"}
GRID: dict[str, Any] = {"parameters": [grid("0.1", "0.4", "0.1")], "maxTrialCount": 4}
"""A grid of four cells, walked in their order; the first three make the rule, whose value is 0.2."""
REPORTS = "for n in 1 2 3 4; do echo loss=${trialParameters.lr}; done"
LAST = "test ${trialParameters.lr} != 0.4"
"""False in the last trial, which is the worst if the loss is minimized."""


def stopped(script: str, runs: Path, **changes: Any) -> Result:
    """A search over the grid with medianstop."""
    return run(search(f"{{ {script}; }}", **({"earlyStopping": MEDIANSTOP} | GRID | changes)), runs=runs)


def last(result: Result) -> Trial:
    """The last trial, after three that succeeded."""
    *before, trial = result.trials
    assert [each.state for each in before] == ["Succeeded"] * 3
    return trial


def test_a_worse_trial_is_stopped(tmp_path: Path) -> None:
    """State, reason and message are Katib's; it counts as completed, not as failed, with what it reported."""
    result = stopped(f"{REPORTS}; {LAST} || sleep 600", tmp_path)
    trial = last(result)
    assert (trial.state, trial.reason) == ("EarlyStopped", "TrialEarlyStopped")
    assert trial.message.startswith(
        "Trial is early stopped. At report 4 of 'loss' its best value was greater than 0.2"
    )
    assert trial.metrics == {"loss": Metric("0.4", "0.4", "0.4")}
    assert (result.reason, result.count("Failed")) == ("ExperimentMaxTrialsReached", 0)
    assert trial.seconds is not None
    assert trial.seconds < 10
    study = read_journal(tmp_path / "tune" / "journal").trials[-1]
    assert study.told
    assert study.value == 0.4


@pytest.mark.parametrize(
    ("changes", "script"),
    [
        ({"earlyStopping": None}, "sleep 0.3"),
        ({}, "true"),
        (
            {"earlyStopping": {**MEDIANSTOP, "algorithmSettings": [{"name": "start_step", "value": "5"}]}},
            "sleep 0.3",
        ),
        ({"parallelTrialCount": 4}, "sleep 0.3"),
    ],
    ids=["without early stopping", "a trial that has ended", "too few reports", "suggested before the rule"],
)
def test_others_run_to_their_end(tmp_path: Path, changes: dict[str, Any], script: str) -> None:
    """One that had already ended with 0 is Succeeded, whatever it reported."""
    assert last(stopped(f"{REPORTS}; {LAST} || {script}", tmp_path, **changes)).state == "Succeeded"


def test_a_maximized_metric(tmp_path: Path) -> None:
    """The worse value is the smaller one."""
    objective = {"type": "maximize", "objectiveMetricName": "loss"}
    script = "for n in 1 2 3 4; do echo loss=-${trialParameters.lr}; done"
    assert (
        last(stopped(f"{script}; {LAST} || sleep 600", tmp_path, objective=objective)).state == "EarlyStopped"
    )


def test_the_rule_is_the_mean_of_the_first_values(tmp_path: Path) -> None:
    """What the trials before it reported after their fourth value has no part in it; their best has none."""
    script = f"{REPORTS}; {LAST} && echo loss=-100 || sleep 600"
    assert last(stopped(script, tmp_path)).state == "EarlyStopped"
    means = [each.mean for each in read_journal(tmp_path / "tune" / "journal").records]
    assert means == [pytest.approx(0.1), pytest.approx(0.2), pytest.approx(0.3), None]


@pytest.mark.parametrize("kind", ["TEXT", "JSON"])
def test_a_file(tmp_path: Path, kind: str) -> None:
    """Of both formats."""
    form = {"format": "JSON"} if kind == "JSON" else {}
    line = "loss=${trialParameters.lr}"
    if kind == "JSON":
        line = '{\\"loss\\": \\"${trialParameters.lr}\\"}'
    script = f'for n in 1 2 3 4; do echo "{line}" >> /out/m; done; {LAST} || sleep 600'
    trial = last(stopped(script, tmp_path, metricsCollectorSpec=collector("File", "/out/m", **form)))
    assert (trial.state, trial.metrics["loss"].latest) == ("EarlyStopped", "0.4")


def test_what_cannot_be_read_costs_the_trial_its_value(tmp_path: Path) -> None:
    """It is EarlyStopped all the same, as that was settled before its end."""
    lines = """for n in 1 2 3 4; do echo '{"loss": "${trialParameters.lr}"}'; done"""
    script = f"{{ {lines}; {LAST} || {{ echo oops; sleep 600; }}; }} >> /out/m"
    form = collector("File", "/out/m", format="JSON")
    trial = last(stopped(script, tmp_path, metricsCollectorSpec=form))
    assert (trial.state, trial.metrics) == ("EarlyStopped", {"loss": Metric()})


def test_event_files(tmp_path: Path) -> None:
    """Katib's collector of these knows no rule and fails; here they work as the others do."""
    for value in (0.1, 0.2, 0.3, 0.4):
        write(tmp_path / str(value), "loss", *[value] * 4)
    script = f"mkdir -p /out/tb && cp {tmp_path}/${{trialParameters.lr}}/* /out/tb; {LAST} || sleep 600"
    trial = last(stopped(script, tmp_path, metricsCollectorSpec=collector("TensorFlowEvent", "/out/tb")))
    assert (trial.state, trial.metrics["loss"].latest) == ("EarlyStopped", "0.4000000059604645")


def test_it_may_save_its_state(tmp_path: Path) -> None:
    """What it reports until its end counts, and may reach the goal; its exit code does not matter."""
    python = (
        "import signal, sys, time\n"
        "def save(*_):\n"
        "    time.sleep(0.3)\n"
        "    print('loss=0.001', flush=True)\n"
        "    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, save)\n"
        "for _ in range(4): print('loss=' + sys.argv[1], flush=True)\n"
        "time.sleep(600 if sys.argv[1] == '0.4' else 0)\n"
    )
    (tmp_path / "train.py").write_text(python)
    objective = {"type": "minimize", "objectiveMetricName": "loss", "goal": 0.05}
    script = f"python {tmp_path}/train.py ${{trialParameters.lr}}"
    result = stopped(script, tmp_path / "runs", objective=objective)
    trial = last(result)
    assert (trial.state, trial.metrics["loss"].min) == ("EarlyStopped", "0.001")
    assert (result.reason, result.best) == ("ExperimentGoalReached", trial)


def test_who_does_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After half a minute, here sooner, with everything that it started."""
    monkeypatch.setattr(asked_to_end, "STOP_SECONDS", 0.5)
    pid = f"echo $$$$ > {tmp_path}/$$$$.pid"
    script = f"{REPORTS}; {LAST} || {{ trap '' TERM; {pid}; sleep 600 & wait; sleep 600; }}"
    trial = last(stopped(script, tmp_path / "runs"))
    assert (trial.state, trial.exit_code) == ("EarlyStopped", 137)
    assert not alive(tmp_path)


def test_whoever_looks_on_is_told(tmp_path: Path) -> None:
    """A trial that is being stopped is still Running, and says so."""
    updates: list[Progress] = []
    changes = GRID | {"earlyStopping": MEDIANSTOP}
    script = f"{{ {REPORTS}; {LAST} || sleep 600; }}"
    name = last(run(search(script, **changes), runs=tmp_path, on_update=updates.append)).name
    told = [trial_line(each, update) for update in updates for each in update.changed if each.name == name]
    assert told[0] == f"trial {name} Running"
    assert told[1] == f"trial {name} Running: Trial is being stopped early"
    assert told[2].startswith(f"trial {name} EarlyStopped loss=0.4 in ")


def test_values_that_are_no_numbers_are_left_out(tmp_path: Path) -> None:
    """The fourth number decides; the trials say what was left out. Katib's filter finds no word there."""
    each = "echo loss=${trialParameters.lr}; echo loss=nan"
    result = stopped(f"for n in 1 2 3 4; do {each}; done; {LAST} || sleep 600", tmp_path)
    trial = last(result)
    left_out = "Early stopping left out values of 'loss' that are not numbers, such as ``."
    assert (trial.state, trial.message.endswith(f". {left_out}")) == ("EarlyStopped", True)
    assert result.trials[0].message.endswith(f". {left_out}")
    assert read_journal(tmp_path / "tune" / "journal").records[0].mean == pytest.approx(0.1)


@pytest.mark.parametrize("algorithm", ["random", "tpe", "sobol"])
def test_every_algorithm_learns_from_it(tmp_path: Path, algorithm: str) -> None:
    """It is told as a complete trial, with its value."""
    integers = {"name": "lr", "parameterType": "int", "feasibleSpace": {"min": "1", "max": "9"}}
    settings = [{"name": "min_trials_required", "value": "1"}, {"name": "start_step", "value": "1"}]
    script = (
        f"{{ mkdir {tmp_path}/first && echo loss=0 || {{ echo loss=${{trialParameters.lr}}; sleep 600; }}; }}"
    )
    changes: dict[str, Any] = {
        "algorithm": {"algorithmName": algorithm},
        "parameters": [integers],
        "earlyStopping": {**MEDIANSTOP, "algorithmSettings": settings},
    }
    result = run(search(script, **changes), runs=tmp_path / "runs")
    assert [each.state for each in result.trials] == ["Succeeded", "EarlyStopped", "EarlyStopped"]
    values = [each.value for each in read_journal(tmp_path / "runs" / "tune" / "journal").trials]
    assert values == [0.0, *(float(each.parameters["lr"]) for each in result.trials[1:])]


def test_a_search_that_goes_on_keeps_its_rule(tmp_path: Path) -> None:
    """With a larger budget the trials that succeeded before are still the measure."""
    fails = " || ".join(f"mkdir {tmp_path}/{number}" for number in range(3))
    script = (
        f"{{ {fails} && loss=0 || loss=${{trialParameters.lr}}; for n in 1 2 3 4; do echo loss=$loss; done; "
    )
    script += "test $loss = 0 || sleep 600; } 2>&1"
    first = run(search(script, earlyStopping=MEDIANSTOP), runs=tmp_path / "runs")
    assert [each.state for each in first.trials] == ["Succeeded"] * 3
    again = run(search(script, earlyStopping=MEDIANSTOP, maxTrialCount=5), runs=tmp_path / "runs")
    assert again.trials[:3] == first.trials
    assert [each.state for each in again.trials[3:]] == ["EarlyStopped"] * 2


def test_earlier_trials_make_no_rule(tmp_path: Path) -> None:
    """Nobody knows what they reported first; a note says so."""
    first = run(search("echo loss=${trialParameters.lr}"), runs=tmp_path / "first")
    again = search("echo loss=${trialParameters.lr}", earlyStopping=MEDIANSTOP)
    result = run(again, runs=tmp_path / "runs", warm_start=first)
    assert (
        sum(note.startswith("medianstop compares with the trials of this search") for note in result.notes)
        == 1
    )
    assert [each.rule for each in read_journal(tmp_path / "runs" / "tune" / "journal").records] == [
        "",
        "",
        "",
    ]


def test_it_is_stopped_soon(tmp_path: Path) -> None:
    """A trial that reports ten times a second is stopped within a second of its fourth report."""
    script = f"{{ {LAST} && {{ {REPORTS}; }} || for n in $(seq 100); do echo loss=0.4; sleep 0.1; done; }}"
    start = time.monotonic()
    result = stopped(script, tmp_path)
    assert time.monotonic() - start < 10
    reported = (tmp_path / "tune" / last(result).name / "metrics" / "metrics.log").read_text().count("loss")
    assert 4 <= reported < 20


def test_the_journal_says_who_is_stopped(tmp_path: Path) -> None:
    """First the record, then the signal: the trial's last word comes after the mark."""
    copy = f"cp {tmp_path}/runs/tune/journal {tmp_path}/then"
    script = f"{REPORTS}; {LAST} || {{ trap '{copy}; exit 0' TERM; sleep 600; }}"
    assert last(stopped(script, tmp_path / "runs")).state == "EarlyStopped"
    lines = [json.loads(line) for line in (tmp_path / "then").read_text().splitlines()]
    record = lines[-1]["user_attr"]["kfp-katib:trial"]
    assert (record["stopping"], "outcome" in record) == (True, False)
