# SPDX-License-Identifier: Apache-2.0
"""The manifest and the script that it runs belong together."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

import training
from kfp_katib.experiment import check
from training.train import arguments

MANIFEST = Path(training.__file__).parent / "experiment.yaml"


@pytest.fixture
def spec() -> dict[str, Any]:
    """The manifest's spec."""
    loaded: dict[str, Any] = yaml.safe_load(MANIFEST.read_text())["spec"]
    return loaded


def line(spec: dict[str, Any]) -> str:
    """The shell line of the training container."""
    (container,) = spec["trialTemplate"]["trialSpec"]["spec"]["template"]["spec"]["containers"]
    assert container["command"] == ["sh", "-c"]
    (script,) = container["args"]
    return str(script)


def test_katib_and_the_local_engine_find_nothing_wrong() -> None:
    """Neither an error nor a warning."""
    assert check(MANIFEST) == ()


def test_the_script_takes_every_argument_of_the_manifest(spec: dict[str, Any]) -> None:
    """Placeholders filled with values that Katib would choose, as the shell would split them."""
    filled = line(spec)
    for name, value in {"lr": "1e-05", "batch_size": "64.0", "kl_weight": "0.0002"}.items():
        filled = filled.replace(f"${{trialParameters.{name}}}", value)
    command = shlex.split(filled)
    assert command[:3] == ["python", "-m", "training.train"]
    options = arguments().parse_args(command[3:])
    assert (options.lr, options.batch_size, options.kl_weight) == (1e-5, 64, 2e-4)
    assert options.output == "${pipeline.models}/${pipeline.experiment}/${trialParameters.trial}"


def test_katib_can_collect_from_the_line(spec: dict[str, Any]) -> None:
    """One command on one line: Katib appends its redirection to the end of it."""
    assert not set(line(spec)) & set("\n;|&")


def test_tuned_are_learning_rate_batch_size_and_weight_of_the_divergence(spec: dict[str, Any]) -> None:
    """Rate and weight on a logarithmic scale, twelve trials, two at a time."""
    parameters = {parameter["name"]: parameter["feasibleSpace"] for parameter in spec["parameters"]}
    assert parameters["lr"]["distribution"] == "logUniform"
    assert parameters["kl_weight"]["distribution"] == "logUniform"
    assert set(parameters) == {"lr", "batch_size", "kl_weight"}
    assert (spec["maxTrialCount"], spec["parallelTrialCount"]) == (12, 2)
    assert spec["objective"]["objectiveMetricName"] == "physics_distance"
