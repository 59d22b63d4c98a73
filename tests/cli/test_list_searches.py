# SPDX-License-Identifier: Apache-2.0
"""`kfp-katib list`: every search of this machine in a line."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kfp_katib.cli.list_searches import age, trials
from kfp_katib.results import Overview
from tests.cli.commands import call
from tests.cli.test_verbs import HEAVY
from tests.places import ROOT

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def test_each_search_has_a_line_the_newest_first(shelf: Path) -> None:
    """State, trials, the best value, the age; nothing on stderr."""
    called = call("list")
    header, rule, *lines = called.stdout.splitlines()
    assert (called.exit_code, called.stderr) == (0, "")
    assert header.split() == ["name", "state", "trials", "best", "age"]
    assert set(rule) == {"-", " "}
    cells = [line.rsplit(maxsplit=2)[0].split(maxsplit=2) for line in lines]
    assert cells == [
        ["bad", "Failed", "1/1, 1 failed  –"],
        ["better", "Succeeded", "1/1            loss=0.1"],
        ["good", "Succeeded", "3/3, 1 failed  loss=0.2"],
    ]


def test_json_is_for_programs(shelf: Path) -> None:
    """Numbers are numbers, times ISO 8601, and what is not there is null."""
    good = next(each for each in json.loads(call("list", "--json").stdout) if each["name"] == "good")
    assert datetime.fromisoformat(good.pop("began")).utcoffset() == timedelta(0)
    assert good.pop("best_trial").startswith("good-")
    assert good == {
        "name": "good",
        "state": "Succeeded",
        "message": None,
        "type": "minimize",
        "metric": "loss",
        "completed": 3,
        "running": 0,
        "waiting": 0,
        "failed": 1,
        "max_trials": 3,
        "best": 0.2,
    }


def test_no_search_is_no_error(tmp_path: Path) -> None:
    """A sentence for people, an empty list for programs."""
    assert (call("list").exit_code, call("list").stdout) == (0, "")
    assert call("list", "--runs", "other").stderr == f"There is no search in {tmp_path}/other.\n"
    assert json.loads(call("list", "--json").stdout) == []


def test_a_journal_that_cannot_be_read_does_not_hide_the_others(tmp_path: Path) -> None:
    """What is wrong with it stands below the table."""
    for name, text in (("broken", "{}\n"), ("fresh", "")):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "journal").write_text(text)
    called = call("list")
    assert called.exit_code == 0
    assert "\nbroken  Unreadable  –       –     –\n" in called.stdout
    assert "\nfresh   Unfinished  –       –     " in called.stdout
    assert called.stdout.splitlines()[-1].startswith("broken: The journal ")
    assert "is damaged, line 1" in called.stdout


@pytest.mark.parametrize(
    ("search", "told"),
    [
        (Overview("x", "Running", metric="loss", completed=3, running=2, max_trials=9), "3/9, 2 running"),
        (
            Overview("x", "Running", metric="loss", running=1, waiting=3, failed=2),
            "0, 1 running, 3 waiting, 2 failed",
        ),
        (Overview("x", "Unfinished", metric="loss", completed=3, running=2, waiting=1, max_trials=9), "3/9"),
        (Overview("x", "Succeeded", metric="loss", completed=3, failed=1), "3, 1 failed"),
        (Overview("x", "Unreadable"), "–"),
    ],
)
def test_the_trials_are_counted_in_words(search: Overview, told: str) -> None:
    """A trial that nobody runs any more is not called running."""
    assert trials(search) == told


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0 s"), (59.9, "59 s"), (60, "1 min"), (7199, "1 h"), (86_400 * 40, "40 d"), (-5, "0 s")],
)
def test_an_age_has_one_unit(seconds: float, told: str) -> None:
    """The largest; a clock that was set back makes nothing younger than now."""
    assert age(NOW - timedelta(seconds=seconds), NOW) == told


def test_an_unknown_age_is_a_dash() -> None:
    """For a search that cannot be read."""
    assert age(None, NOW) == "–"


def test_a_list_imports_nothing_that_is_slow(shelf: Path) -> None:
    """Nor pydantic, nor the rules: a hundred searches are read before they are imported."""
    slow = HEAVY + ", 'pydantic', 'rich', 'importlib.metadata', 'kfp_katib.experiment.rules'"
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from kfp_katib.cli import main\n"
        f"try: main(['list'])\nexcept SystemExit: print(sorted({{{slow}}} & sys.modules.keys()))"
    )
    output = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert output.stdout.splitlines()[-1] == "[]"
