# SPDX-License-Identifier: Apache-2.0
"""The best trial's command does what the trial did, pasted where its Python and its folder are not known."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from kfp_katib import load, run
from kfp_katib.engines import local
from kfp_katib.engines.options import ON_PATH, RunOptions
from kfp_katib.report import html, markdown
from kfp_katib.report.words import caution, command
from kfp_katib.results import Result
from tests.builders.search import collector, manifest, search
from tests.cli.commands import call
from tests.engines.local.populations import THERE, pbt
from tests.engines.local.pythons import SYSTEM, environment, only

ONE: dict[str, Any] = {"maxTrialCount": 1}
PYTHON = "python -c \"print('loss=${trialParameters.lr}')\""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the package that the script needs, and a program of its own."""
    made = environment(tmp_path_factory.mktemp("my work") / "project", "mine")
    (made / "bin" / "trainer").write_text('#!/bin/sh\necho "loss=$1"\n')
    (made / "bin" / "trainer").chmod(0o755)
    return made


def one(*words: str, **spec: Any) -> dict[str, Any]:
    """A search of one trial that runs this command."""
    return manifest("", container={"command": list(words)}, **ONE, **spec)


def pasted(result: Result, place: Path, path: str = SYSTEM) -> str:
    """What the best trial's command prints that somebody pastes without an environment."""
    assert result.best
    line = command(result.best, result.experiment)
    env = {"PATH": path, "HOME": str(place)}
    done = subprocess.run(["sh", "-c", line], cwd=place, env=env, check=True, capture_output=True)
    return done.stdout.decode()


@pytest.mark.parametrize(
    "words",
    [
        ("python", "train.py", "${trialParameters.lr}"),
        ("python3", "train.py", "${trialParameters.lr}"),
        ("env", "SEED=1", "nice", "-n", "1", "python", "train.py", "${trialParameters.lr}"),
        ("sh", "-c", "cd . && python train.py ${trialParameters.lr}"),
        ("sh", "-c", "set -e; x=$(python train.py ${trialParameters.lr}); echo $x"),
        ("python train.py ${trialParameters.lr}",),
        ("trainer", "${trialParameters.lr}"),
    ],
    ids=lambda words: " ".join(words).split(" $")[0],
)
def test_the_interpreter_that_was_chosen_is_named(
    words: tuple[str, ...], project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its path, which has a blank; the journal knows it too."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text("import sys, mine; print(f'loss={sys.argv[1]}')")
    result = run(load(one(*words)), runs=tmp_path / "runs", python=project)
    assert result.succeeded
    assert pasted(result, tmp_path) == f"loss={result.best_value}\n"
    assert local.read("tune", RunOptions(runs=tmp_path / "runs")).trials == result.trials


def test_where_only_one_of_the_names_is_on_the_path_it_is_the_other_ones_too(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many systems have no `python`: a trial is given one, and whoever pastes the line has none."""
    here = only(tmp_path / "one", python3=project / "bin" / "python3", sh=Path("/bin/sh"))
    monkeypatch.setenv("PATH", str(here))
    result = run(search(PYTHON, **ONE), python=ON_PATH, runs=tmp_path)
    assert result.best
    assert command(result.best, result.experiment).startswith(f"sh -c '{here}/python3 -c ")


def test_the_callers_own_python_keeps_its_name(tmp_path: Path) -> None:
    """It is the same where the line is pasted."""
    result = run(load(one("python3", "train.py", "${trialParameters.lr}")), runs=tmp_path, python=ON_PATH)
    (trial,) = result.trials
    assert command(trial, result.experiment).startswith("python3 train.py 0.")


def test_each_trial_has_the_python_that_it_had(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two runs of a search the first had another one, the caller's own."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{SYSTEM}")
    document = manifest(PYTHON, **ONE)
    run(load(document), runs=tmp_path, python=ON_PATH)
    result = run(load(document), max_trials=2, runs=tmp_path, python=project)
    assert [trial.python for trial in result.trials] == ["", str(project / "bin" / "python")]


def test_what_is_pasted_is_the_same_wherever_it_is_shown(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the end of `run`, by `show` and `best`, in the report."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tune.yaml").write_text(yaml.safe_dump(one("trainer", "${trialParameters.lr}")))
    ran = call("run", "tune.yaml", "--python", str(project))
    line = f"'{project}/bin/trainer' {local.read('tune', RunOptions()).best_value}\n"
    assert f"to paste:\n{line}" in ran.stdout
    assert f"to paste:\n{line}" in call("show", "tune").stdout
    assert call("best", "tune", "--command").stdout == line
    assert line in markdown(local.read("tune", RunOptions()))


def test_of_a_population_the_trials_own_checkpoint_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line goes on from it, and whoever pastes it is told so; on stderr where the line is all."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tune.yaml").write_text(yaml.safe_dump(pbt(f"echo x >> {THERE}count; cat {THERE}count; ")))
    ran = call("run", "tune.yaml")
    result = local.read("tune", RunOptions())
    assert result.best
    kept = tmp_path / "runs" / "tune" / result.best.name / "checkpoint"
    said = "The command goes on from the checkpoint that the trial left, and changes it"
    assert (result.best.checkpoint, said in ran.stdout) == (str(kept), True)
    best = call("best", "tune", "--command")
    assert best.stderr.startswith(f"Note: {said}")
    assert said in html(result)
    assert said in markdown(result)
    before = (kept / "count").read_text()
    assert pasted(result, tmp_path).startswith(f"{before}x\n")


def test_where_the_checkpoint_is_gone_the_command_says_so(tmp_path: Path) -> None:
    """Nothing could begin from it any more."""
    result = run(load(pbt(f"ls {THERE}; ")), runs=tmp_path)
    gone = next(each for each in result.trials if not each.checkpoint)
    assert f"ls {THERE}" in command(gone, result.experiment)
    assert caution(gone, result.experiment).startswith(
        f"In the trial, {THERE.rstrip('/')} was its checkpoint folder, which is not here"
    )


def test_a_place_of_the_trials_own_is_named(tmp_path: Path) -> None:
    """The line must not write over what the search has read."""
    script = "echo loss=${trialParameters.lr} > /var/log/katib/out.log"
    result = run(
        search(script, metricsCollectorSpec=collector("File", "/var/log/katib/out.log")), runs=tmp_path
    )
    assert result.best
    assert caution(result.best, result.experiment) == (
        "In the trial, /var/log/katib/out.log was a place of its own: write another one into the command."
    )
