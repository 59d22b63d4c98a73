# SPDX-License-Identifier: Apache-2.0
"""The seam: engines are found by name, asked what they can do, and given one kind of options."""

from __future__ import annotations

import dataclasses
import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any, get_type_hints

import pytest

import kfp_katib
from kfp_katib import InputError, RunOptions, load
from kfp_katib.engines.engine import ENGINES, Engine, named, of_cluster
from kfp_katib.engines.options import Options
from tests.builders.manifest import manifest


def test_an_engine_that_is_not_here_is_refused_with_those_that_are() -> None:
    """No engine is ever replaced by another in silence."""
    with pytest.raises(InputError, match=r"engine is 'kubernetes'\. Use one of: katib, local"):
        named("kubernetes")


@pytest.mark.parametrize("name", ENGINES)
def test_an_engine_has_everything_that_is_asked_of_one(name: str) -> None:
    """The modules give their functions out by name, where mypy looks at the types alone."""
    asked = [each for each in vars(Engine) if not each.startswith("_")] + ["trials_here"]
    assert all(hasattr(named(name), each) for each in asked)
    (folder,) = importlib.import_module(f"kfp_katib.engines.{name}").__path__
    assert not {path.stem for path in Path(folder).iterdir()} & set(
        asked
    )  # once imported it would stand there
    assert not hasattr(named(name), "another")


def test_the_engine_of_a_cluster_runs_nothing_here() -> None:
    """The one whose searches others can see."""
    assert not of_cluster().trials_here


def test_the_options_can_be_given_as_keywords() -> None:
    """Each field of RunOptions, by its name and its type."""
    fields = {field.name: get_type_hints(RunOptions)[field.name] for field in dataclasses.fields(RunOptions)}
    assert get_type_hints(Options) == fields


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"timeout_seconds": 0}, "timeout_seconds is 0", id="no time"),
        pytest.param({"stall_timeout_seconds": -1}, "stall_timeout_seconds is -1", id="negative"),
        pytest.param({"timeout_seconds": float("nan")}, "timeout_seconds is nan", id="no number"),
        pytest.param({"on_timeout": "best_sofar"}, "Did you mean 'best_so_far'", id="on_timeout"),
        pytest.param({"cleanup": "delete"}, "cleanup is 'delete'", id="cleanup"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], message: str) -> None:
    """Before any engine sees them."""
    with pytest.raises(InputError, match=message):
        RunOptions(**options)


def test_a_search_runs_here_by_itself(tmp_path: Path) -> None:
    """`kfp_katib.run` needs an Experiment and nothing else."""
    experiment = load(manifest("sh", "-c", "echo loss=${trialParameters.lr}", maxTrialCount=2))
    assert kfp_katib.run(experiment, runs=tmp_path).succeeded


@pytest.mark.parametrize("policy", ["delete_always", "delete_on_success"])
def test_a_search_here_is_forgotten_where_that_is_asked(tmp_path: Path, policy: Any) -> None:
    """Its folder goes, as the Experiment goes in a cluster."""
    experiment = load(manifest("sh", "-c", "echo loss=${trialParameters.lr}", maxTrialCount=2))
    assert kfp_katib.run(experiment, runs=tmp_path, cleanup=policy).succeeded
    assert list(tmp_path.iterdir()) == []


def test_asking_what_an_engine_refuses_imports_neither_of_them_whole() -> None:
    """Optuna and the client of Kubernetes take a moment each."""
    code = (
        "import sys; from kfp_katib.engines.engine import ENGINES, named; "
        "[named(each).refusals for each in ENGINES]; "
        "print(sorted({'optuna', 'kubernetes', 'plotly', 'pydantic'} & sys.modules.keys()))"
    )
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert told.stdout.strip() == "[]"
