# SPDX-License-Identifier: Apache-2.0
"""`kfp-katib compare` puts searches side by side."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kfp_katib import load, run
from tests.cli.commands import call, manifest


def rows(stdout: str) -> dict[str, list[str]]:
    """The cells of each row, by what it says; two blanks or more stand between cells."""
    lines = [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in stdout.splitlines()[2:]]
    return {what: cells for what, *cells in lines}


def test_searches_stand_side_by_side(shelf: Path) -> None:
    """Best value, trials, time, parameters; the best of all is marked."""
    called = call("compare", "good", "runs/better", "bad")
    found = rows(called.stdout)
    assert (called.exit_code, called.stderr) == (0, "")
    assert called.stdout.splitlines()[0].split() == ["good", "*", "runs/better", "bad"]
    assert found["state"] == ["Succeeded", "Succeeded", "Failed"]
    assert found["best loss"] == ["0.2", "0.1", "–"]
    assert found["trials"] == ["3, 1 failed", "1", "1, 1 failed"]
    assert found["kind"] == ["0.2", "0.1", "–"]
    assert [name.partition("-")[0] for name in found["best trial"]] == ["good", "better", "–"]
    assert len(found["time"]) == 3


def test_different_aims_are_said_and_not_ranked(tmp_path: Path) -> None:
    """A loss is not better than an accuracy, nor the smallest loss than the largest."""
    for name, objective in {"low": "minimize", "high": "maximize"}.items():
        document = manifest("1", objective={"type": objective, "objectiveMetricName": "loss"})
        document["spec"]["trialTemplate"]["trialSpec"]["spec"]["template"]["spec"]["containers"][0][
            "command"
        ] = ["sh", "-c", "echo loss=${trialParameters.kind}"]
        document["metadata"]["name"] = name
        run(load(document), runs=tmp_path / "runs")
    called = call("compare", "low", "high")
    assert called.exit_code == 0
    assert "*" not in called.stdout
    assert called.stderr == (
        "Their values cannot be compared: low would minimize loss; high would maximize loss.\n"
    )


def test_json_is_for_programs(shelf: Path) -> None:
    """An object for each search, in the order of the names."""
    good, bad = json.loads(call("compare", "good", "bad", "--json").stdout)
    assert (good["name"], good["best_value"], good["best_parameters"]) == ("good", 0.2, {"kind": "0.2"})
    assert (good["completed"], good["failed"], good["final"]) == (3, 1, True)
    assert good["seconds"] > 0
    assert (bad["best_value"], bad["best_trial"], bad["best_parameters"]) == (None, None, {})


@pytest.mark.parametrize("names", [("good",), ("good", "good")])
def test_one_search_cannot_be_compared(names: tuple[str, ...], shelf: Path) -> None:
    """Exit code 2."""
    called = call("compare", *names)
    assert called.exit_code == 2
    assert called.stderr == "Error: There is only 'good'. Name two searches or more.\n"


def test_a_search_that_is_not_there_is_named(shelf: Path) -> None:
    """Before anything is printed."""
    called = call("compare", "good", "beter")
    assert (called.exit_code, called.stdout) == (2, "")
    assert "Did you mean 'better'?" in called.stderr
