# SPDX-License-Identifier: Apache-2.0
"""`kfp-katib run` with a training script of three lines, whose trials do all that trials do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.commands import call, job, manifest, write


def test_failing_diverging_and_quitting_trials_leave_a_best_one(tmp_path: Path) -> None:
    """The best of the finite values wins; what each of the others did is in the table."""
    called = call("run", write(tmp_path, manifest("fail", "0.3", "nan", "quit", "0.2")))
    table = [line for line in called.stdout.splitlines() if line.endswith(" s")]
    assert called.exit_code == 0
    assert [row.split()[:1] + row.split()[2:5] for row in table[:2]] == [
        ["1", "Succeeded", "0.2", "0.2"],
        ["2", "Succeeded", "0.3", "0.3"],
    ]
    assert [row.split()[1:4] for row in table[2:]] == [
        ["Failed", "–", "fail"],
        ["Succeeded", "not", "a"],
        ["MetricsUnavailable", "unavailable", "quit"],
    ]
    assert "\nsh train.sh 0.2\n" in called.stdout
    assert str(tmp_path / "runs" / "shell") in called.stdout


def test_a_hanging_trial_is_ended_by_the_timeout(tmp_path: Path) -> None:
    """Exit code 1; what was known by then is shown, the best so far among it."""
    called = call("run", write(tmp_path, manifest("0.3", "hang")), "--timeout-seconds", "2")
    assert called.exit_code == 1
    assert "Error: Experiment 'shell' timed out" in called.stderr
    assert "\nsh train.sh 0.3\n" in called.stdout


def test_best_so_far_makes_a_timeout_a_success(tmp_path: Path) -> None:
    """Where there is a best trial, whatever the others did."""
    file = write(tmp_path, manifest("fail", "nan", "quit", "0.3", "hang"))
    called = call("run", file, "--timeout-seconds", "2", "--on-timeout", "best_so_far")
    assert called.exit_code == 0
    assert "\nsh train.sh 0.3\n" in called.stdout


def test_a_failed_experiment_shows_the_last_lines_of_the_failed_trial(tmp_path: Path) -> None:
    """Exit code 1, the log's end and the trial's folder on stderr."""
    called = call("run", write(tmp_path, manifest("fail", maxFailedTrialCount=1)))
    assert called.exit_code == 1
    assert "Exit code 3" in called.stderr
    assert "    boom" in called.stderr
    folder = Path(called.stderr.split("Its files: ")[1].strip())
    assert (folder / "exit").read_text() == "3\n"


def test_no_finite_value_is_a_failure(tmp_path: Path) -> None:
    """Katib calls it Succeeded; there is no best trial, so the exit code is 1."""
    called = call("run", write(tmp_path, manifest("nan")))
    assert called.exit_code == 1
    assert "no trial has a finite loss" in called.stdout


def test_json_is_all_of_stdout(tmp_path: Path) -> None:
    """The Result for machines; people read stderr."""
    called = call("run", write(tmp_path, manifest("0.3", "0.2")), "--json")
    found = json.loads(called.stdout)
    assert called.exit_code == 0
    assert found["best_hyperparameters"] == {"kind": "0.2"}
    assert found["best_value"] == 0.2
    assert [trial["state"] for trial in found["trials"]] == ["Succeeded", "Succeeded"]


def test_progress_is_plain_lines_where_there_is_no_terminal(tmp_path: Path) -> None:
    """A line for each change of a trial, on stderr, without a control character."""
    called = call("run", write(tmp_path, manifest("0.3", "0.2")))
    lines = [line for line in called.stderr.splitlines() if line.startswith("trial shell-")]
    assert len(lines) == 4
    assert "Succeeded loss=0.2" in lines[-1]
    assert "(2/2 trials, best loss=0.2)" in lines[-1]
    assert "\x1b" not in called.stderr + called.stdout


def test_the_report_is_one_html_file(tmp_path: Path) -> None:
    """Written for a search that failed as well."""
    called = call("run", write(tmp_path, manifest("fail")), "--report", "report.html")
    assert called.exit_code == 1
    assert (tmp_path / "report.html").read_text().lstrip().lower().startswith("<!doctype html>")


def test_a_report_that_cannot_be_written_is_said_before_anything_runs(tmp_path: Path) -> None:
    """No trial is run for nothing."""
    called = call("run", write(tmp_path, manifest("0.3")), "--report", "nowhere/report.html")
    assert called.exit_code == 2
    assert "--report" in called.stderr
    assert not (tmp_path / "runs").exists()


def test_a_report_that_fails_after_all_costs_nothing_else(tmp_path: Path) -> None:
    """The trials are shown, then what the system refused; no traceback."""
    called = call("run", write(tmp_path, manifest("0.3")), "--report", "/proc/report.html")
    assert called.exit_code == 1
    assert "\nsh train.sh 0.3\n" in called.stdout
    assert "Error: /proc/report.html: " in called.stderr
    assert "Check the path and its permissions." in called.stderr


@pytest.mark.parametrize("runs", ["a-file", "a-file/below", "/proc/runs"])
def test_a_folder_that_cannot_hold_the_search_is_named(tmp_path: Path, runs: str) -> None:
    """Exit code 2, the folder and the option."""
    (tmp_path / "a-file").touch()
    called = call("run", write(tmp_path, manifest("0.3")), "--runs", runs)
    assert called.exit_code == 2
    assert f"{runs}/shell: " in called.stderr
    assert "--runs" in called.stderr


def test_a_finished_search_is_shown_and_not_run_again(tmp_path: Path) -> None:
    """`--again` starts anew, and puts the old one aside."""
    file = write(tmp_path, manifest("0.3", "0.2"))
    first = call("run", file, "--json")
    second = call("run", file, "--json")
    assert second.stdout == first.stdout
    assert "--again" in second.stderr
    third = call("run", file, "--json", "--again")
    assert third.exit_code == 0
    assert third.stdout != first.stdout


def test_another_manifest_under_the_same_name_is_refused(tmp_path: Path) -> None:
    """Exit code 2 and how to go on."""
    call("run", write(tmp_path, manifest("0.3", "0.2")))
    called = call("run", write(tmp_path, manifest("0.3", "0.4")))
    assert called.exit_code == 2
    assert "--again" in called.stderr


def test_placeholders_have_local_values(tmp_path: Path) -> None:
    """Models under the runs folder, `local` for image and run; a path is made absolute."""
    content = manifest("0.3")
    content["spec"]["trialTemplate"]["trialSpec"] = job(
        "sh",
        "-c",
        "echo ${pipeline.models} ${pipeline.run_id} ${pipeline.image} ${pipeline.dataset} "
        "loss=${trialParameters.kind}",
    )
    called = call("run", write(tmp_path, content), "--dataset", "data", "--json")
    found = json.loads(called.stdout)
    line = found["trials"][0]["log_tail"]
    assert line == f"{tmp_path}/runs/shell/models local local {tmp_path}/data loss=0.3"
    assert found["trials"][0]["model_uri"].startswith(f"{tmp_path}/runs/shell/models/shell/shell-")


def test_a_value_that_the_shell_takes_apart_is_warned_of(tmp_path: Path) -> None:
    """A folder with a space is found out when it is filled in, not by the trials' odd errors."""
    content = manifest("0.3")
    content["spec"]["trialTemplate"]["trialSpec"] = job(
        "sh", "train.sh", "${trialParameters.kind}", "${pipeline.dataset}"
    )
    called = call("run", write(tmp_path, content), "--dataset", "my data")
    assert f"Katib's shell takes '{tmp_path}/my data' apart." in called.stderr


@pytest.mark.parametrize(("given", "seen"), [("s3://bucket/m", "s3://bucket/m"), ("m", "{here}/m")])
def test_models_can_be_elsewhere(tmp_path: Path, given: str, seen: str) -> None:
    """A URI is kept, a path made absolute."""
    content = manifest("0.3")
    content["spec"]["trialTemplate"]["trialSpec"] = job(
        "sh", "-c", "echo ${pipeline.models} loss=${trialParameters.kind}"
    )
    called = call("run", write(tmp_path, content), "--models", given, "--json")
    assert json.loads(called.stdout)["trials"][0]["log_tail"].startswith(seen.format(here=tmp_path))


def test_a_missing_dataset_names_its_option(tmp_path: Path) -> None:
    """Nothing is started."""
    content = manifest("0.3")
    content["spec"]["trialTemplate"]["trialSpec"] = job(
        "sh", "train.sh", "${trialParameters.kind}", "${pipeline.dataset}"
    )
    called = call("run", write(tmp_path, content))
    assert called.exit_code == 2
    assert "--dataset" in called.stderr
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("option", "place", "message"),
    [
        ("--models", "s3:/bucket/models", "--models: 's3:/bucket/models' names no bucket"),
        ("--models", "memory://models", "--models: 'memory://models' lies in one process"),
        ("--dataset", "file://host/data", "names no folder of this machine"),
    ],
)
def test_an_address_that_is_none_is_refused(tmp_path: Path, option: str, place: str, message: str) -> None:
    """In one line, before anything starts."""
    called = call("run", write(tmp_path, manifest("0.3")), option, place)
    assert called.exit_code == 2
    assert message in called.stderr
    assert len(called.stderr.splitlines()) == 1


@pytest.mark.parametrize("option", ["--models", "--dataset"])
def test_an_empty_address_is_refused(tmp_path: Path, option: str) -> None:
    """It is a slip, not the current folder."""
    called = call("run", write(tmp_path, manifest("0.3")), option, "")
    assert called.exit_code == 2
    assert f"The address of {option} is empty. " in called.stderr
