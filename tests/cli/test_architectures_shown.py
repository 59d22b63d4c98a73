# SPDX-License-Identifier: Apache-2.0
"""Every verb says something sensible of a search for architectures, whose assignments are long texts."""

from __future__ import annotations

import csv
import io
import json
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml

from kfp_katib import load, run
from tests.builders.architecture import darts, enas
from tests.cli.commands import call

GENOTYPE = "Genotype(normal=['skip_connection', 'skip_connection'])"
SPACE = "['max_pooling_3x3', 'max_pooling_5x5', 'skip_connection']"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two searches by darts and one by enas."""
    folder = tmp_path_factory.mktemp("architectures")
    run(load(enas(folder)), runs=folder / "runs")
    for name in ("cells", "again"):
        run(load(darts(folder, name=name, maxTrialCount=1)), runs=folder / "runs")
    (folder / "cells.yaml").write_text(yaml.safe_dump(darts(folder)))
    return folder


@pytest.fixture(autouse=True)
def here(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The searches are those of the current folder."""
    monkeypatch.chdir(place)


def test_list() -> None:
    """The text stands where a value would."""
    assert f"Best-Genotype={GENOTYPE}" in call("list").stdout
    found = {each["name"]: each["best"] for each in json.loads(call("list", "--json").stdout)}
    assert found["cells"] == GENOTYPE
    assert isinstance(found["chains"], float)


@pytest.mark.parametrize("name", ["cells", "chains"])
def test_show(name: str) -> None:
    """The verdict, a table that fits, and a command to paste."""
    shown = call("show", name).stdout
    assert f"Experiment {name} succeeded: best " in shown
    assert "The best trial's command, to paste:" in shown
    table = shown.split("\n\n")[0].splitlines()
    assert max(map(len, table)) < 100


def test_show_tells_the_whole_text() -> None:
    """It is the result of the search."""
    assert f"best Best-Genotype {GENOTYPE} in trial cells-" in call("show", "cells").stdout


@pytest.mark.parametrize(
    ("name", "line"), [("cells", f"Best-Genotype={GENOTYPE}"), ("chains", "Validation-Accuracy=0.")]
)
def test_the_best_trials_command_runs_again(name: str, line: str) -> None:
    """Quotes and all: what a person pastes prints what the trial printed."""
    command = call("best", name, "--command").stdout
    assert line in subprocess.run(command, shell=True, capture_output=True, text=True, check=True).stdout


def test_the_best_trials_parameters() -> None:
    """As words, JSON, YAML and variables, each of which gives the very text back."""
    assert shlex.split(call("best", "cells").stdout)[-1] == "--num-layers=1"
    assert json.loads(call("best", "cells", "--json").stdout)["search-space"] == SPACE
    assert yaml.safe_load(call("best", "cells", "--yaml").stdout)["search-space"] == SPACE
    assert f"SEARCH_SPACE={SPACE}" in shlex.split(call("best", "cells", "--env").stdout)


def test_compare() -> None:
    """Long texts are cut in the table and whole in JSON."""
    called = call("compare", "cells", "again")
    assert (called.exit_code, called.stderr) == (0, "")
    assert max(map(len, called.stdout.splitlines())) < 160
    told = json.loads(call("compare", "cells", "again", "--json").stdout)
    assert [each["best_value"] for each in told] == [GENOTYPE, GENOTYPE]


def test_export() -> None:
    """Every assignment has its column, under its own name."""
    (row,) = csv.DictReader(io.StringIO(call("export", "cells", "--csv").stdout))
    assert row["parameter.search-space"] == SPACE
    assert row["objective"] == row["metric.Best-Genotype.latest"] == GENOTYPE
    rows = list(csv.DictReader(io.StringIO(call("export", "chains", "--csv").stdout)))
    assert all(json.loads(each["parameter.nn_config"].replace("'", '"'))["num_layers"] == 3 for each in rows)


@pytest.mark.parametrize("name", ["cells", "chains"])
def test_report(name: str, tmp_path: Path) -> None:
    """The page has the texts, and draws no axis of them: no two of them can be compared."""
    page = tmp_path / "page.html"
    assert call("report", name, "-o", str(page)).exit_code == 0
    text = page.read_text()
    assert "succeeded" in text.lower()
    assert "Parallel coordinates" not in text


def test_validate_says_what_only_katib_refuses() -> None:
    """An operation without parameters, a second batch of trials."""
    told = call("validate", "cells.yaml")
    assert told.exit_code == 0
    assert "note (katib): spec.nasConfig.operations[1].parameters" in told.stdout
    assert "note (katib): spec.parallelTrialCount" in told.stdout
    assert call("validate", "cells.yaml", "--engine", "katib").exit_code != 0
