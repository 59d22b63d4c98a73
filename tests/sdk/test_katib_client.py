# SPDX-License-Identifier: Apache-2.0
"""kubeflow-katib 0.19: `KatibClient.tune`, its own classes, and the helpers of `katib.search`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kfp_katib import check, load, render, run
from tests.sdk.conftest import Program

pytestmark = pytest.mark.timeout(300)
Submitted = Callable[..., dict[str, Any]]


def test_what_tune_submits_runs_here(
    submitted: Submitted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The function that it wraps into a script trains in real trials, with the values of each."""
    monkeypatch.chdir(tmp_path)
    experiment = render(load(submitted("katib", "tune.py")))
    result = run(experiment, engine="local", timeout_seconds=60)
    assert (result.state, len(result.trials)) == ("Succeeded", 4)
    for trial in result.trials:
        values = trial.parameters
        penalty = 1.0 if values["optimizer"] == "sgd" else 0.0
        expected = (float(values["lr"]) - 0.03) ** 2 + int(values["layers"]) / 10 + penalty + 1 / 3
        assert float(trial.metrics["loss"].latest) == pytest.approx(expected)


def test_what_tune_leaves_open_is_named(submitted: Submitted) -> None:
    """Its script is collected whole; that a crashing trial is run again is all there is to say."""
    found = check(submitted("katib", "tune.py"))
    assert {each.rule for each in found} == {"backoff-limit"}


def test_packages_to_install_come_before_the_training(submitted: Submitted) -> None:
    """tune() puts pip's lines in front of the script, and nothing of it is mistaken for the training."""
    experiment = submitted("katib", "tune.py", "packages")
    pod = experiment["spec"]["trialTemplate"]["trialSpec"]["spec"]["template"]
    assert "pip install" in pod["spec"]["containers"][0]["args"][0]
    assert {each.rule for each in check(experiment)} == {"backoff-limit"}


def test_the_choices_of_search_categorical_are_refused_once(submitted: Submitted) -> None:
    """It puts them into `distribution` (katib#2625), and so would Katib's webhook refuse the Experiment."""
    found = check(submitted("katib", "tune.py", "search.categorical"))
    (error,) = (each for each in found if each.severity == "error")
    assert error.path == "spec.parameters[2].feasibleSpace.distribution"
    assert "Put the values into `list`" in error.fix


def test_its_own_classes_run_beside_kfp(program: Program) -> None:
    """`load` takes a V1beta1Experiment as it is, where kubeflow-katib and kfp 2.13 are installed together."""
    about, best = map(json.loads, program("katib", "typed.py").splitlines()[-2:])
    assert about == {"versions": ["2.13.0", "0.19.0"], "state": "Succeeded", "trials": 3}
    parameters, value = best
    assert float(parameters["lr"] + parameters["units"]) == float(value)
