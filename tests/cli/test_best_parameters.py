# SPDX-License-Identifier: Apache-2.0
"""`kfp-katib best` gives the best trial's parameters in the form in which they are needed."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from kfp_katib.cli.best_parameters import as_environment
from kfp_katib.errors import InputError
from tests.cli.commands import call


def test_the_best_trial_is_named_with_its_value(shelf: Path) -> None:
    """And with its parameters, as a training script takes them."""
    called = call("best", "good")
    assert called.exit_code == 0
    head, flags = called.stdout.splitlines()
    assert head.startswith("good-")
    assert (head[13:], flags) == (": loss=0.2", "    --kind=0.2")


def test_its_whole_command_can_be_pasted(shelf: Path) -> None:
    """It does what the trial did."""
    line = call("best", "good", "--command").stdout
    output = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True, cwd=shelf)
    assert output.stdout.endswith("loss=0.2\n")


def test_its_parameters_are_json_and_yaml(shelf: Path) -> None:
    """With the types of their spaces: a category is text."""
    assert json.loads(call("best", "good", "--json").stdout) == {"kind": "0.2"}
    assert yaml.safe_load(call("best", "good", "--yaml").stdout) == {"kind": "0.2"}


def test_its_parameters_are_variables(shelf: Path) -> None:
    """One a line, for a shell."""
    assert call("best", "good", "--env").stdout == "KIND=0.2\n"


@pytest.mark.parametrize(
    ("parameters", "lines"),
    [
        ({"lr": "0.1", "batch-size": "16"}, "LR=0.1\nBATCH_SIZE=16"),
        ({"--optimizer.name": "adam w"}, "OPTIMIZER_NAME='adam w'"),
        ({"x": "a'b$c"}, "X='a'\"'\"'b$c'"),
        ({}, ""),
    ],
)
def test_a_variable_is_what_a_shell_takes(parameters: dict[str, str], lines: str) -> None:
    """Its name in capitals, its value quoted."""
    assert as_environment(parameters) == lines


@pytest.mark.parametrize("parameters", [{"a-b": "1", "a_b": "2"}, {"2x": "1"}, {"--": "1"}])
def test_a_parameter_that_makes_no_variable_is_named(parameters: dict[str, str]) -> None:
    """None is lost, and none takes another's place."""
    with pytest.raises(InputError, match=f"Parameter '{[*parameters][-1]}' makes no .* Use --json"):
        as_environment(parameters)


def test_a_search_without_a_best_trial_has_failed(shelf: Path) -> None:
    """Exit code 1, and where to look."""
    called = call("best", "runs/bad", "--json")
    assert (called.exit_code, called.stdout) == (1, "")
    assert called.stderr == (
        "Error: Experiment 'bad' has no trial with a finite loss. "
        "Look at its trials: kfp-katib show runs/bad\n"
    )
