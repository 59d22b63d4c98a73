# SPDX-License-Identifier: Apache-2.0
"""Whoever checks their own code with `mypy --strict` gets the types of this library, and no errors in it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.engines.local.pythons import environment
from tests.places import ROOT
from tests.support.environments import packages

GOOD = """\
from pathlib import Path
from typing import assert_type

import kfp_katib
from kfp_katib import Experiment, InputError, Interrupted, Progress, Result, Trial, load, report, run, search
from kfp_katib.experiment import Objective, Parameter

space = {"lr": search.double(1e-4, 1e-1, log=True), "units": search.int(1, 4)}
space["optimizer"] = search.categorical(["adam", "sgd"])
assert_type(space, dict[str, Parameter])
assert_type(search.minimize("loss", goal=0.1, additional=["accuracy"]), Objective)
experiment = Experiment.build(
    name="mine",
    objective=search.maximize("accuracy"),
    parameters=space,
    command=["python", "train.py"],
    max_trials=12,
    resources={"cpu": 2, "memory": "4Gi"},
)
assert_type(experiment, Experiment)
assert_type(load("experiment.yaml"), Experiment)
load(Path("experiment.yaml"))
load({"kind": "Experiment"})
load(b"kind: Experiment")
load(experiment.to_katib())


def seen(progress: Progress) -> None:
    assert_type(progress.best, Trial | None)
    assert_type(progress.result(), Result)


try:
    result = run(experiment, "local", max_trials=16, timeout_seconds=600, on_update=seen, progress=True)
except Interrupted as error:
    assert_type(error.result, Result | None)
    raise
except InputError:
    raise
assert_type(result, Result)
assert_type(result.best_value, float | None)
assert_type(result.best_parameters, dict[str, int | float | str])
assert_type(result.trials, tuple[Trial, ...])
assert_type(result.trials[0].seconds, float | None)
assert_type(report.html(result), str)
assert_type(kfp_katib.to_yaml(experiment), str)
result.dataframe().sort_values("objective")
"""

BAD = {
    "kfp_katib.run(7)": "arg-type",
    "kfp_katib.run('experiment.yaml', tiemout_seconds=3)": "call-arg",
    "kfp_katib.run('experiment.yaml', timeout_seconds='3')": "arg-type",
    "kfp_katib.search.double('0.1', 1)": "arg-type",
    "kfp_katib.search.minimize('loss', strategy='mean')": "arg-type",
    "kfp_katib.Experiment.build(name='a', objective='b', parameters={}, command=[], max_trials=1)": (
        "arg-type"
    ),
    "kfp_katib.run('experiment.yaml').best.name": "union-attr",
    "kfp_katib.ruin('experiment.yaml')": "attr-defined",
}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that has this library as an installation does, and nothing else."""
    place = environment(tmp_path_factory.mktemp("user") / ".venv")
    (packages(place) / "kfp_katib").symlink_to(ROOT / "kfp_katib")
    return place


def checked(installed: Path, code: str) -> subprocess.CompletedProcess[str]:
    """What mypy says of a user's file."""
    (installed.parent / "mine.py").write_text(code)
    return subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "--strict", "--python-executable", installed / "bin/python"),
            *("--cache-dir", installed.parent / "cache", "mine.py"),
        ],
        cwd=installed.parent,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_users_file_has_good_types(installed: Path) -> None:
    """All that the documents show, each with the type that it has."""
    done = checked(installed, GOOD)
    assert done.stdout.startswith("Success"), done.stdout + done.stderr


def test_a_mistake_is_found_before_anything_runs(installed: Path) -> None:
    """On its own line, by the kind of error that it is."""
    code = "import kfp_katib\n\n" + "\n".join(BAD)
    told = checked(installed, code).stdout.splitlines()
    for line, kind in enumerate(BAD.values(), 3):
        assert any(each.startswith(f"mine.py:{line}: error") and f"[{kind}]" in each for each in told), (
            line,
            told,
        )
