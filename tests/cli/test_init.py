# SPDX-License-Identifier: Apache-2.0
"""`kfp-katib init`: from a script to a manifest that validates and runs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from tests.cli.commands import call
from tests.places import ROOT
from tests.proposal.scripts import NEEDED, copied
from tests.support.speed import longer

TRAIN = """\
import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float)
parser.add_argument("--batch_size", type=int)
parser.add_argument("--epochs", type=int, default=3)
args = parser.parse_args()
for epoch in range(args.epochs):
    print(f"loss={(args.lr - 0.03) ** 2 + args.batch_size / 1e4 + 1 / (epoch + 1)}", flush=True)
"""


@pytest.fixture
def train(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A script in the current folder, with the Python of the tests first on the PATH."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    script = tmp_path / "train.py"
    script.write_text(TRAIN)
    return script


def test_a_script_becomes_a_tuned_result(train: Path) -> None:
    """Three commands: propose, check, run."""
    proposed = call(
        "init", "--try", "--max-trials", "3", "-o", "e.yaml", "--", "python", "train.py", "--epochs", "1"
    )
    assert proposed.exit_code == 0, proposed.stderr
    assert "Searched: --lr, --batch_size." in proposed.stderr
    assert "minimize loss: found in a trial run once" in proposed.stderr
    assert call("validate", "e.yaml").stdout == "e.yaml: 0 errors, 0 warnings\n"
    run = call("run", "e.yaml", "--json")
    assert run.exit_code == 0, run.stderr
    result = json.loads(run.stdout)
    assert [trial["state"] for trial in result["trials"]] == ["Succeeded"] * 3
    assert result["best_hyperparameters"].keys() == {"lr", "batch_size"}


def test_what_one_engine_alone_makes_of_it_is_said(train: Path) -> None:
    """A proposal is for both."""
    train.write_text(TRAIN.replace("--lr", "--dropout").replace("args.lr", "args.dropout"))
    proposed = call("init", "--algorithm", "bayesianoptimization", "--", "python", "train.py")
    assert "warning (katib): spec.parameters[0].feasibleSpace: 'dropout' will be" in proposed.stderr


@pytest.mark.parametrize("name", NEEDED)
def test_every_style_of_script_runs_as_proposed(name: str, train: Path) -> None:
    """Its metric is found in its trials, on this machine as in the trial run."""
    copied(name, train.parent)
    words = ["python", f"{name}.py", *NEEDED[name]]
    assert call("init", "--try", "--max-trials", "2", "-o", "e.yaml", "--", *words).exit_code == 0
    run = call("run", "e.yaml")
    assert run.exit_code == 0, run.stderr
    assert "2 trials: 2 Succeeded" in run.stdout


def test_the_manifest_is_all_of_stdout(train: Path) -> None:
    """What is told to people goes to stderr."""
    called = call("init", "--", "python", "train.py")
    assert yaml.safe_load(called.stdout)["kind"] == "Experiment"
    assert "kfp-katib validate FILE; kfp-katib run FILE" in called.stderr


def test_a_dash_is_stdout(train: Path) -> None:
    """As for the other verbs that write; no file gets that name."""
    called = call("init", "-o", "-", "--", "python", "train.py")
    assert called.stdout == call("init", "--", "python", "train.py").stdout
    assert not Path("-").exists()


def test_a_file_is_utf_8_whatever_the_locale(train: Path) -> None:
    """As every verb reads it, here with a help text that ASCII cannot hold."""
    train.write_text(TRAIN.replace("type=float", "type=float, help='größer ist schneller'"))
    ascii_only = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "kfp_katib", "init", "-o", "e.yaml", "--", "python", "train.py"],
        env={**os.environ, "PYTHONPATH": str(ROOT), **ascii_only},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "--lr: größer ist schneller" in Path("e.yaml").read_text(encoding="utf-8")


def test_the_options_are_in_the_manifest(train: Path) -> None:
    """Budget, algorithm, metric, image."""
    options = ["--max-trials", "7", "--parallel-trials", "3", "--algorithm", "random", "--metric", "acc"]
    called = call(
        "init", *options, "--minimize", "--image", "reg.example.org/t:1", "--", "python", "train.py"
    )
    spec = yaml.safe_load(called.stdout)["spec"]
    assert (spec["maxTrialCount"], spec["parallelTrialCount"]) == (7, 3)
    assert spec["algorithm"] == {"algorithmName": "random"}
    assert spec["objective"] == {"type": "minimize", "objectiveMetricName": "acc"}
    assert 'image: "reg.example.org/t:1"' in called.stdout


def test_a_file_is_not_overwritten_unless_asked(train: Path) -> None:
    """It may hold an afternoon's work; nothing is even started."""
    file = train.parent / "e.yaml"
    file.write_text("mine")
    called = call("init", "-o", "e.yaml", "--", "python", "nonsense.py")
    assert (called.exit_code, file.read_text()) == (2, "mine")
    assert "e.yaml is there already. --force overwrites it" in called.stderr
    assert call("init", "-o", "e.yaml", "--force", "--", "python", "train.py").exit_code == 0
    assert file.read_text().startswith("# Proposed by `kfp-katib init -- python train.py`.")


def test_a_file_in_no_folder_is_refused_before_anything_runs(train: Path) -> None:
    """The folder is named."""
    called = call("init", "-o", "nowhere/e.yaml", "--", "python", "nonsense.py")
    assert (called.exit_code, called.stderr) == (
        2,
        "Error: -o nowhere/e.yaml: nowhere is not a folder. Create it first.\n",
    )


def test_what_the_rules_refuse_is_not_written(train: Path) -> None:
    """Here an algorithm that needs more than a proposal has."""
    called = call("init", "--algorithm", "hyperband", "-o", "e.yaml", "--", "python", "train.py")
    assert called.exit_code == 2
    assert "hyperband needs the" in called.stderr
    assert not Path("e.yaml").exists()


def test_a_refusal_is_one_sentence_without_traceback(train: Path) -> None:
    """With exit code 2."""
    called = call("init", "--", "python", "tain.py")
    assert (called.exit_code, called.stdout) == (2, "")
    assert called.stderr == "Error: There is no script 'tain.py'. Did you mean train.py?\n"


@pytest.fixture
def project(train: Path) -> Path:
    """A virtual environment beside the script."""
    place = train.parent / "project"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True)
    return place


def test_the_scripts_python_is_that_of_the_path(train: Path, project: Path) -> None:
    """Or the one that is named, as in `run`."""
    (site,) = project.glob("lib/*/site-packages")
    (site / "only_here.py").write_text("rate = 0.25\n")
    train.write_text(
        TRAIN.replace("type=float", "type=float, default=only_here.rate").replace(
            "argp", "only_here, argp", 1
        )
    )
    assert "No module named 'only_here'" in call("init", "--", "python", "train.py").stderr
    called = call("init", "--python", "project", "--", "python", "train.py")
    assert called.exit_code == 0, called.stderr
    assert "its default, 0.25" in called.stdout
    assert "- python\n" in called.stdout


def test_the_environment_of_the_python_that_is_named_is_the_active_one(
    train: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in the trials of `run`."""
    monkeypatch.setenv("VIRTUAL_ENV", "/other")
    train.write_text(f"import os\nopen('seen', 'w').write(os.environ['VIRTUAL_ENV'])\n{TRAIN}")
    assert call("init", "--python", "project", "--", "python", "train.py").exit_code == 0
    assert Path("seen").read_text() == str(project)


def test_python_is_python3_where_there_is_no_other(train: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the trials of `run`; some systems have only the longer name."""
    (train.parent / "bin").mkdir()
    (train.parent / "bin/python3").symlink_to(sys.executable)
    monkeypatch.setenv("PATH", str(train.parent / "bin"))
    called = call("init", "--try", "--", "python", "train.py")
    assert called.exit_code == 0, called.stderr
    assert "- python\n" in called.stdout


def test_it_answers_within_two_seconds(train: Path) -> None:
    """A whole process; what the script imports comes on top."""
    program = shutil.which("kfp-katib") or str(Path(sys.executable).parent / "kfp-katib")
    began = time.monotonic()
    subprocess.run([program, "init", "--", "python", "train.py"], check=True, capture_output=True)
    assert not longer(time.monotonic() - began, than=2)
