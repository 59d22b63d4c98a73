# SPDX-License-Identifier: Apache-2.0
"""`make run` as a user types it, with a manifest of one's own instead of the example's."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.builders.manifest import MODEL, TRAIN, manifest
from tests.places import ROOT

SEARCH = manifest(*TRAIN, "--out", MODEL)


def start(
    text: str,
    folder: Path,
    other: Mapping[str, str] = {},
    *,
    python: str | Path = sys.executable,
    group: bool = False,
) -> subprocess.Popen[str]:
    """Start the pipeline's command with a manifest and functions of one's own; a group can be stopped."""
    (folder / "mine.yaml").write_text(text)
    mine = {name: f"tests.mine:{name}" for name in ("prepare", "export", "evaluate")} | dict(other)
    functions = [f"--{name}={value}" for name, value in mine.items()]
    command = [str(python), "-m", "pipelines.run_local", "mine.yaml", "--folder=out", *functions]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdout=pipe, stderr=pipe, text=True, start_new_session=group
    )


def run(text: str, folder: Path, **other: str) -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    with start(text, folder, other) as started:
        stdout, stderr = started.communicate()
    return subprocess.CompletedProcess(started.args, started.returncode, stdout, stderr)


def test_everything_that_is_named_at_the_end_is_there(tmp_path: Path) -> None:
    """Best trial, reports and model, of a package of one's own."""
    ran = run(SEARCH, tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    told = dict(line.split(":", 1) for line in ran.stdout.split("\n\n")[-1].strip().splitlines())
    assert told["Best trial"].endswith("loss=0 with lr=0.2")
    assert told["Released"].strip() == "yes: there are no thresholds"
    for name in ("Report", "Evaluation", "Model"):
        assert Path(told[name].strip()).exists(), name
    assert "3/3 trials" in ran.stdout


def test_the_environment_may_lie_in_a_folder_with_spaces(tmp_path: Path) -> None:
    """Where a checkout is in `my work/`: kfp puts the interpreter's path into a shell line without quotes."""
    (tmp_path / "my work").mkdir()
    (tmp_path / "my work" / ".venv").symlink_to(sys.prefix)
    with start(SEARCH, tmp_path, python=tmp_path / "my work/.venv/bin/python") as started:
        stdout, stderr = started.communicate()
    assert started.returncode == 0, stdout + stderr


def test_a_reader_who_has_seen_enough_does_not_end_the_run(tmp_path: Path) -> None:
    """As with `| head -1`: no traceback, a sentence that says where the rest is, and the model comes out."""
    with start(SEARCH, tmp_path) as started:
        assert started.stdout
        assert started.stderr
        assert started.stdout.readline() == "== prepare-data\n"
        started.stdout.close()
        said = started.stderr.read()
    assert started.returncode == 0, said
    log = tmp_path / "out" / "run.log"
    where = f"everything it prints is in {log}"
    assert said == f"Nobody reads this any more. The run goes on, {where}; Ctrl-C stops it.\n"
    assert "SUCCESS" in log.read_text().splitlines()[-1]
    assert (tmp_path / "out" / "report.html").exists()


def test_a_run_that_fails_says_where_to_look(tmp_path: Path) -> None:
    """The exit code is 1, the reason is on the screen, the rest in a file."""
    ran = run(manifest("no-such-program", "${trialParameters.lr}"), tmp_path)
    assert ran.returncode == 1
    assert "no-such-program: not found" in ran.stdout
    assert f"{tmp_path}/out/run.log. The same command starts over: from the first step, with a" in ran.stderr
    report = tmp_path / "out" / "report.html"
    assert f"the search's report is {report}, " in ran.stderr
    assert "no-such-program" in report.read_text()


def test_a_folder_that_cannot_be_made_starts_nothing(tmp_path: Path) -> None:
    """A file lies where it should be: one sentence."""
    (tmp_path / "out").touch()
    ran = run(SEARCH, tmp_path)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == f"Error: {tmp_path}/out: File exists. Check the path and its permissions.\n"


def test_a_manifest_with_errors_starts_nothing(tmp_path: Path) -> None:
    """No data are prepared for it; one that is not there is an error too."""
    ran = run(manifest("train", "${trialParameters.lr}", maxTrialCount=-1), tmp_path)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("Error: mine.yaml: 1 error; nothing was started.")
    assert "maxTrialCount is -1" in ran.stderr
    assert not (tmp_path / "out").exists()


def test_a_function_that_does_not_exist_is_found_before_the_search(tmp_path: Path) -> None:
    """It would be called after the last trial."""
    ran = run(manifest("train", "${trialParameters.lr}"), tmp_path, export="tests.mine:exprot")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "Did you mean 'export'? Use one of: evaluate, export, prepare, train." in ran.stderr


@pytest.mark.parametrize(
    ("file", "why"),
    [
        ("there-is-none.json", "No such file"),
        ("mine.yaml", "Expecting value"),
        ("list.json", "not an object"),
        ("number.json", "The threshold of 'error' is 0.1. Give [min, max]"),
    ],
    ids=["missing", "no JSON", "a list", "no range"],
)
def test_thresholds_that_cannot_be_read_start_nothing(tmp_path: Path, file: str, why: str) -> None:
    """They would be needed after the last trial."""
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "number.json").write_text('{"error": 0.1}')
    ran = run(manifest("train", "${trialParameters.lr}"), tmp_path, thresholds=file)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert f"--thresholds {file}" in ran.stderr
    assert why in ran.stderr


def test_a_model_that_is_not_good_enough_is_named_and_not_released(tmp_path: Path) -> None:
    """The run itself went well; which threshold it misses is said, and where the model lies."""
    (tmp_path / "strict.json").write_text('{"error": [5, 6], "points": [4, 4]}')
    ran = run(SEARCH, tmp_path, thresholds="strict.json")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    told = dict(line.split(":", 1) for line in ran.stdout.split("\n\n")[-1].strip().splitlines())
    assert told["Released"].strip() == "no: by strict.json, error is 0, allowed is 5 to 6"
    assert (Path(told["Model"].strip()) / "model.txt").read_text() == "0.2"
    assert not (tmp_path / "out" / "release").exists()
    assert "\x1b" not in (tmp_path / "out" / "run.log").read_text()


def test_a_threshold_may_have_one_limit(tmp_path: Path) -> None:
    """With null in place of the other, which kfp cannot hand on to a step that it runs on this machine."""
    (tmp_path / "open.json").write_text('{"error": [null, 0.5], "points": [5, null]}')
    ran = run(SEARCH, tmp_path, thresholds="open.json")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    told = dict(line.split(":", 1) for line in ran.stdout.split("\n\n")[-1].strip().splitlines())
    assert told["Released"].strip() == "no: by open.json, points is 4, allowed is at least 5"
    assert "passed: error is 0, allowed is at most 0.5" in ran.stdout


def test_a_search_whose_trials_leave_no_model_says_so(tmp_path: Path) -> None:
    """It has a best trial all the same; there is nothing to release."""
    ran = run(manifest(*TRAIN), tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    told = dict(line.split(":", 1) for line in ran.stdout.split("\n\n")[-1].strip().splitlines())
    assert told["Best trial"].endswith("loss=0 with lr=0.2")
    assert (told["Released"].strip(), told["Model"].strip()) == ("no: no trial left a model", "none")
