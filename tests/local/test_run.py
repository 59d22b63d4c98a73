# SPDX-License-Identifier: Apache-2.0
"""A search from its manifest to its Result, with real trials."""

from __future__ import annotations

import logging
import struct
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kfp_katib.errors import InputError
from kfp_katib.experiment import Experiment
from kfp_katib.local import run
from kfp_katib.results import Metric, Result, Trial
from tests.local.searches import LOSS, collector, search

PRINT = "echo loss=${trialParameters.lr}"


def only(result: Result) -> Trial:
    """The one trial of a search."""
    (trial,) = result.trials
    return trial


def by_lr(result: Result) -> dict[str, Trial]:
    """Trials by the value of their one parameter; a grid is walked in an order of its own."""
    return {trial.parameters["lr"]: trial for trial in result.trials}


def one(script: str, runs: Path, **changes: Any) -> Trial:
    """Runs a search of a single trial."""
    return only(run(search(script, maxTrialCount=1, **changes), runs=runs))


def test_the_budget_ends_a_search(tmp_path: Path) -> None:
    """State, reason and message are Katib's; trials come in order of creation, the best is the least loss."""
    result = run(search(PRINT), runs=tmp_path)
    assert (result.state, result.reason) == ("Succeeded", "ExperimentMaxTrialsReached")
    assert result.message == "Experiment has succeeded because max trial count has reached"
    assert len(result.trials) == 3
    assert [trial.started for trial in result.trials] == sorted(
        trial.started for trial in result.trials if trial.started
    )
    assert result.best == min(by_lr(result).items())[1]
    assert result.succeeded


def test_a_trial_says_all_about_itself(tmp_path: Path) -> None:
    """Name, parameters, state, metrics, times, exit code, log tail and where its model is."""
    result = run(search("echo hello; " + PRINT, maxTrialCount=1), runs=tmp_path, models="s3://bucket/models/")
    trial = only(result)
    assert trial.name.startswith("tune-")
    assert (trial.state, trial.reason, trial.message) == (
        "Succeeded",
        "TrialSucceeded",
        "Trial has succeeded",
    )
    lr = trial.parameters["lr"]
    assert trial.metrics == {"loss": Metric(lr, lr, lr)}
    assert trial.exit_code == 0
    assert trial.log_tail == f"hello\nloss={lr}"
    assert trial.model_uri == f"s3://bucket/models/tune/{trial.name}"
    assert trial.started
    assert trial.ended
    assert trial.started < trial.ended


@pytest.mark.parametrize(
    ("script", "state", "says"),
    [
        (PRINT, "Succeeded", "Trial has succeeded"),
        ("echo loss=0.1; if true; then exit 3; fi", "Failed", "Exit code 3"),
        ("echo loss=0.1; if true; then exit 0; fi", "Failed", "completion mark"),
        ("if true; then exec echo loss=0.1; fi", "Failed", "completion mark"),
        ("echo loss=0.1; echo done", "MetricsUnavailable", "only the last one's output"),
        ("echo accuracy=0.1", "MetricsUnavailable", "it must print loss=<number>"),
        ("echo loss=nan", "Succeeded", "Trial has succeeded"),
        ("kill -9 $PPID", "Failed", "Exit code 137"),
        ("no-such-program", "Failed", "Exit code 127"),
    ],
)
def test_the_states_of_a_trial(tmp_path: Path, script: str, state: str, says: str) -> None:
    """Each way in which a trial can end has Katib's state and a message that says why."""
    trial = one(script, tmp_path, **_unused_lr(script))
    assert trial.state == state
    assert says in trial.message


def _unused_lr(script: str) -> dict[str, Any]:
    """A search parameter must be used: where the script does not, a variable does."""
    if "${trialParameters.lr}" in script:
        return {}
    return {"container": {"env": [{"name": "LR", "value": "${trialParameters.lr}"}]}}


def test_a_diverged_trial_never_wins(tmp_path: Path) -> None:
    """`loss=nan` leaves an empty text: the trial succeeds as in Katib, and is not the best."""
    script = "test ${trialParameters.lr} = 0.1 && value=nan || value=${trialParameters.lr}; echo loss=$value"
    result = run(search(script, maxTrialCount=9), runs=tmp_path)
    assert [trial.state for trial in result.trials] == ["Succeeded"] * 9
    assert by_lr(result)["0.1"].metrics["loss"].latest == ""
    assert result.best == by_lr(result)["0.2"]


def test_a_search_without_a_finite_value_has_no_success(tmp_path: Path) -> None:
    """Katib's condition is Succeeded; the Result says that it is none."""
    result = run(search("echo loss=nan${trialParameters.lr}"), runs=tmp_path)
    assert result.state == "Succeeded"
    assert not result.succeeded
    assert any("no trial has a finite loss" in note for note in result.notes)


def test_the_goal_ends_a_search_and_the_trials_that_run(tmp_path: Path) -> None:
    """The trial that reaches the goal is the last that counts; what still runs is killed."""
    script = f"mkdir {tmp_path}/first 2> /dev/null && sleep 600; " + PRINT
    goal = {**LOSS, "goal": 1}
    result = run(search(script, objective=goal, parallelTrialCount=2, maxTrialCount=8), runs=tmp_path)
    assert result.reason == "ExperimentGoalReached"
    assert sorted(trial.state for trial in result.trials) == ["Killed", "Succeeded"]
    assert result.best
    assert result.best.state == "Succeeded"


def test_failures_end_a_search(tmp_path: Path) -> None:
    """At maxFailedTrialCount the Experiment has failed, with its best trial none the less."""
    script = f"mkdir {tmp_path}/first || exit 1; " + PRINT
    result = run(search(script, maxFailedTrialCount=2, maxTrialCount=9), runs=tmp_path)
    assert (result.state, result.reason) == ("Failed", "ExperimentFailed")
    assert [trial.state for trial in result.trials] == ["Succeeded", "Failed", "Failed"]
    assert result.best == result.trials[0]


def test_unavailable_metrics_use_the_budget_and_no_more(tmp_path: Path) -> None:
    """Katib starts surplus trials for these; here there are maxTrialCount and not one more."""
    result = run(search("echo nothing ${trialParameters.lr}", parallelTrialCount=3), runs=tmp_path)
    assert [trial.state for trial in result.trials] == ["MetricsUnavailable"] * 3


def test_an_exhausted_grid_ends_a_search_without_a_budget(tmp_path: Path) -> None:
    """Every cell has run: the reason is the one that Katib has for it."""
    experiment = replace(search(PRINT), max_trial_count=None)
    result = run(experiment, runs=tmp_path)
    assert result.reason == "ExperimentSuggestionEndReached"
    assert len(result.trials) == 9


def test_trials_run_side_by_side(tmp_path: Path) -> None:
    """With parallelTrialCount 3, three trials meet: each waits for the two others."""
    meet = f"touch {tmp_path}/${{trialParameters.trial}}.here; "
    wait = f"until [ $(ls {tmp_path}/*.here | wc -l) = 3 ]; do sleep 0.02; done; "
    result = run(search(meet + wait + PRINT, parallelTrialCount=3), runs=tmp_path / "runs")
    assert result.count("Succeeded") == 3


def test_no_more_than_parallel_trials_run(tmp_path: Path) -> None:
    """Each trial counts those that run while it does."""
    script = f"touch {tmp_path}/$$.runs; ls {tmp_path}/*.runs | wc -l >> {tmp_path}/seen; sleep 0.05; "
    end = f"rm {tmp_path}/$$.runs; "
    changes: dict[str, Any] = {"parallelTrialCount": 2, "maxTrialCount": 9}
    run(
        search(script.replace("$$", "$$$$") + end.replace("$$", "$$$$") + PRINT, **changes),
        runs=tmp_path / "r",
    )
    assert max(map(int, (tmp_path / "seen").read_text().split())) == 2


def test_progress_is_told(tmp_path: Path) -> None:
    """After each change of a trial comes a Result so far, whose state is Running."""
    seen: list[Result] = []
    run(search(PRINT, maxTrialCount=2), runs=tmp_path, on_update=seen.append)
    assert [result.state for result in seen] == ["Running"] * 4
    assert [[trial.state for trial in result.trials] for result in seen] == [
        ["Running"],
        ["Succeeded"],
        ["Succeeded", "Running"],
        ["Succeeded", "Succeeded"],
    ]


def test_each_change_is_one_line_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """One INFO line for each change of state, nothing else."""
    with caplog.at_level(logging.INFO, logger="kfp_katib"):
        trial = one(PRINT, tmp_path)
    assert [record.getMessage() for record in caplog.records] == [
        f"trial {trial.name}: Running Trial is running",
        f"trial {trial.name}: Succeeded Trial has succeeded",
    ]


def test_what_is_not_used_is_said_once(tmp_path: Path) -> None:
    """One note names the manifest's fields without a meaning here."""
    result = run(search(PRINT, maxTrialCount=1), runs=tmp_path)
    assert result.notes == ("Not used here: image, restartPolicy, backoffLimit.",)


def test_random_state_repeats_a_search(tmp_path: Path) -> None:
    """The same values under the same names; without it, both are new."""
    chance = {"algorithmName": "random", "algorithmSettings": [{"name": "random_state", "value": "5"}]}
    runs = [run(search(PRINT, algorithm=chance), runs=tmp_path / name).trials for name in "ab"]
    assert [(t.name, t.parameters) for t in runs[0]] == [(t.name, t.parameters) for t in runs[1]]
    free = [run(search(PRINT), runs=tmp_path / name).trials for name in "cd"]
    assert free[0][0].name != free[1][0].name


# Environment and folders


def test_python_is_this_environments(tmp_path: Path) -> None:
    """`python` and `python3` are the interpreter that runs the engine, whatever the PATH says."""
    script = "python -c 'import sys; print(sys.prefix)'; python3 -c 'import sys; print(sys.prefix)'; " + PRINT
    assert one(script, tmp_path).log_tail.splitlines()[:2] == [sys.prefix] * 2


def test_python_is_found_where_its_folder_lacks_the_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interpreter under another name gets `python` and `python3` from the run's own bin folder."""
    other = tmp_path / "snake"
    other.write_text(f'#!/bin/sh\nSNAKE=1 exec {sys.executable} "$@"\n')
    other.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(other))
    script = """python3 -c 'import os; print(os.environ["SNAKE"])'; """ + PRINT
    assert one(script, tmp_path / "runs").log_tail.splitlines()[0] == "1"


def test_variables_of_manifest_and_caller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A trial has the caller's environment, the manifest's variables, and its own name as in Katib."""
    monkeypatch.setenv("MINE", "caller")
    env = [
        {"name": "A", "value": "1"},
        {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
    ]
    trial = one("echo $MINE $A $KATIB_TRIAL_NAME [$TOKEN]; " + PRINT, tmp_path, container={"env": env})
    assert trial.log_tail.splitlines()[0] == f"caller 1 {trial.name} []"


def test_trials_run_in_the_callers_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current folder stands for the image's WORKDIR."""
    monkeypatch.chdir(tmp_path)
    assert one("pwd; " + PRINT, Path("runs")).log_tail.splitlines()[0] == str(tmp_path)
    assert (tmp_path / "runs" / "tune").is_dir()


def test_a_working_dir_that_exists_is_used(tmp_path: Path) -> None:
    """The manifest's workingDir is obeyed where it can be; where not, a note says so."""
    (tmp_path / "work").mkdir()
    there = one("pwd; " + PRINT, tmp_path, container={"workingDir": str(tmp_path / "work")})
    assert there.log_tail.splitlines()[0] == str(tmp_path / "work")
    changes: dict[str, Any] = {
        "container": {"workingDir": "/no/such/folder"},
        "name": "other",
        "maxTrialCount": 1,
    }
    result = run(search("pwd; " + PRINT, **changes), runs=tmp_path)
    assert only(result).log_tail.splitlines()[0] == str(Path.cwd())
    assert f"workingDir '/no/such/folder' does not exist here: trials run in {Path.cwd()}." in result.notes


def test_a_run_folder_with_a_blank(tmp_path: Path) -> None:
    """What the engine writes into the line is quoted."""
    assert one(PRINT, tmp_path / "my runs").state == "Succeeded"


def test_gpus_are_shared_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two trials at a time on two devices: each sees one, never both the same."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
    meet = f"touch {tmp_path}/${{trialParameters.trial}}.here; "
    wait = f"until [ $(ls {tmp_path}/*.here | wc -l) = 2 ]; do sleep 0.02; done; "
    script = meet + wait + "echo $CUDA_VISIBLE_DEVICES; " + PRINT
    limits = {"resources": {"limits": {"nvidia.com/gpu": 1}}}
    result = run(
        search(script, container=limits, parallelTrialCount=2, maxTrialCount=2), runs=tmp_path / "runs"
    )
    assert {trial.log_tail.splitlines()[0] for trial in result.trials} == {"3", "5"}


def test_a_missing_gpu_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trials run all the same, and one note says what they lack."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    limits = {"resources": {"limits": {"nvidia.com/gpu": 1}}}
    result = run(search(PRINT, container=limits, maxTrialCount=2), runs=tmp_path)
    assert sum("this machine shows 0" in note for note in result.notes) == 1
    assert result.count("Succeeded") == 2


# Collectors

TEXT = r"(loss): ([0-9.]+)"


@pytest.mark.parametrize(
    ("script", "metrics_collector", "state", "latest"),
    [
        ("echo loss=1 > /out/m.log", collector("File", "/out/m.log", format="TEXT"), "Succeeded", "1"),
        (
            "echo 'loss: 2.5' > /out/m.log",
            collector("File", "/out/m.log", format="TEXT", filters=[TEXT]),
            "Succeeded",
            "2.5",
        ),
        (
            """echo '{"loss": "0.5"}' >> /out/m.json""",
            collector("File", "/out/m.json", format="JSON"),
            "Succeeded",
            "0.5",
        ),
        (
            """echo '{"loss": 0.5}' >> /out/m.json""",
            collector("File", "/out/m.json", format="JSON"),
            "MetricsUnavailable",
            "unavailable",
        ),
        ("echo loss=1 >> /out/m.json", collector("File", "/out/m.json", format="JSON"), "Failed", None),
        ("echo loss=1", collector("File", "/out/m.log", format="TEXT"), "Failed", None),
        ("echo loss=1", collector("TensorFlowEvent", "/tb"), "MetricsUnavailable", "unavailable"),
    ],
    ids=["text", "filter", "json", "json numbers", "bad json", "no file", "no events"],
)
def test_collectors(
    tmp_path: Path, script: str, metrics_collector: dict[str, Any], state: str, latest: str | None
) -> None:
    """A file at the collector's path is read from the trial's own folder, as Katib's collector reads it."""
    trial = one(script, tmp_path, metricsCollectorSpec=metrics_collector, **_unused_lr(script))
    assert trial.state == state
    assert (trial.metrics["loss"].latest if latest else None) == latest


def test_a_path_in_a_script_is_explained(tmp_path: Path) -> None:
    """The engine cannot replace what stands inside a program, and says so where the file is missing."""
    program = tmp_path / "train.sh"
    program.write_text(f"echo loss=1 > {tmp_path}/metrics.log\n")
    metrics = collector("File", "/var/log/katib/metrics.log", format="TEXT")
    trial = one(f"sh {program}", tmp_path, metricsCollectorSpec=metrics, **_unused_lr(""))
    assert trial.state == "Failed"
    assert "a path that is fixed in a script it cannot see" in trial.message


def test_event_files(tmp_path: Path) -> None:
    """A Python program writes TensorBoard files where its argument says."""
    program = tmp_path / "train.py"
    program.write_text(
        "import sys\nfrom tensorboardX import SummaryWriter\n"
        "with SummaryWriter(sys.argv[1] + '/train') as writer:\n"
        "    writer.add_scalar('loss', float(sys.argv[2]), 1)\n"
    )
    objective = {"type": "minimize", "objectiveMetricName": "train/loss"}
    metrics = collector("TensorFlowEvent", "/logs")
    trial = one(
        f"python {program} /logs ${{trialParameters.lr}}",
        tmp_path,
        objective=objective,
        metricsCollectorSpec=metrics,
    )
    stored = struct.unpack("f", struct.pack("f", float(trial.parameters["lr"])))[0]
    assert trial.metrics["train/loss"].latest == str(stored)


# Refusals

HYPERBAND = {
    "algorithmName": "hyperband",
    "algorithmSettings": [{"name": "r_l", "value": "9"}, {"name": "resource_name", "value": "lr"}],
}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"metricsCollectorSpec": {"collector": {"kind": "Push"}}}, "'Push' runs on Katib only"),
        (
            {"algorithm": HYPERBAND, "parallelTrialCount": 9, "maxTrialCount": 9},
            "'hyperband' runs on Katib only",
        ),
        ({"earlyStopping": {"algorithmName": "medianstop"}}, "'medianstop' runs on Katib only"),
    ],
    ids=["collector", "algorithm", "early stopping"],
)
def test_what_only_katib_has_is_refused(tmp_path: Path, changes: dict[str, Any], says: str) -> None:
    """The message names the field's value and what there is here; nothing is started."""
    experiment: Experiment = search(PRINT, **changes)
    with pytest.raises(InputError, match=says):
        run(experiment, runs=tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_placeholder_without_a_value_is_refused(tmp_path: Path) -> None:
    """`${pipeline.models}` in a command must be filled in first; in the image it does not matter here."""
    with pytest.raises(InputError, match=r"\$\{pipeline.models\}, which has no value.*render"):
        run(search("ls ${pipeline.models}; " + PRINT), runs=tmp_path)
    assert one(PRINT, tmp_path, container={"image": "${pipeline.image}"}).state == "Succeeded"


def test_a_wrong_on_timeout_is_refused(tmp_path: Path) -> None:
    """A misspelt option is no default."""
    with pytest.raises(InputError, match=r"on_timeout is 'best'.*best_so_far, fail"):
        run(search(PRINT), runs=tmp_path, on_timeout="best")  # type: ignore[arg-type]


def test_a_command_that_is_too_long_is_refused(tmp_path: Path) -> None:
    """Linux holds 128 KiB in one argument; the message says how long the command is."""
    with pytest.raises(InputError, match=r"could not be started.*131072 bytes"):
        run(search(PRINT + " " * 140_000, maxTrialCount=1), runs=tmp_path)
