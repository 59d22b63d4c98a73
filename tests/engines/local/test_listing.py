# SPDX-License-Identifier: Apache-2.0
"""What a list says of a search is what reading it in full says."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kfp_katib import run
from kfp_katib.engines import local
from kfp_katib.engines.local import listing
from kfp_katib.engines.local.folder import RunFolder, open_folder
from kfp_katib.engines.local.resume import reopen_study
from kfp_katib.engines.options import RunOptions
from kfp_katib.results import Metric, Overview, Score, TrialCondition, overview
from kfp_katib.results.verdict import BUDGET_SPENT
from tests.builders.manifest import grid
from tests.builders.search import PRINT, search
from tests.places import ROOT

SAMPLES = sorted(path for path in (ROOT / "tests/data/journals").iterdir() if path.is_dir())
STATES = ("Succeeded", "Failed", "Killed", "EarlyStopped", "MetricsUnavailable", "Running")
VALUES = ("0.5", "1e3", "nan", "-inf", "unavailable", "", "x")
GOALS = st.sampled_from([None, 0.4, 2000.0])
FOUR_CELLS: dict[str, Any] = {
    "parameters": [grid("0.1", "0.4", "0.1")],
    "maxTrialCount": 4,
    "maxFailedTrialCount": 4,
}
SOME_FAIL = "case ${trialParameters.lr} in 0.[13]*) exit 3;; esac; echo loss=nan; " + PRINT


def listed(runs: Path) -> Overview:
    """The only search there."""
    (found,) = local.searches(RunOptions(runs=runs))
    return found


def in_full(runs: Path, name: str = "tune") -> Overview:
    """The same from everything that is known of it."""
    result = local.read(name, RunOptions(runs=runs))
    score = Score(result.experiment.objective)
    for trial in result.trials:
        score.take(trial)
    state = "Unfinished" if result.state == "Running" else result.state
    return overview(result.experiment, score, state, listed(runs).began)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_journals_of_earlier_versions_are_listed(sample: Path, tmp_path: Path) -> None:
    """A search that was killed is unfinished, and when it began is known."""
    shutil.copytree(sample, tmp_path / sample.name)
    assert listed(tmp_path) == in_full(tmp_path, sample.name)
    assert (listed(tmp_path).began or datetime.now(UTC)).year == 2026


def test_failed_trials_count_until_they_are_run_again(tmp_path: Path) -> None:
    """Those that others stand for count no more; so a verdict is made anew."""
    run(search(SOME_FAIL, **FOUR_CELLS), runs=tmp_path)
    before = listed(tmp_path)
    assert before == in_full(tmp_path)
    assert before.failed == 2
    run(search(SOME_FAIL, **FOUR_CELLS), runs=tmp_path, retry_failed=True)
    assert listed(tmp_path) == in_full(tmp_path)
    assert listed(tmp_path).completed == 4


@settings(max_examples=25, deadline=None)
@given(ends=st.lists(st.tuples(st.sampled_from(STATES), st.sampled_from(VALUES)), max_size=8), goal=GOALS)
def test_whatever_became_of_the_trials_is_counted(
    ends: list[tuple[Any, str]], goal: float | None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """States, values that are no numbers, trials that still run, goals."""
    runs, objective = tmp_path_factory.mktemp("runs"), {"type": "maximize", "objectiveMetricName": "loss"}
    wanted = search(PRINT, objective=objective | ({"goal": goal} if goal else {}), maxTrialCount=8)
    (runs / "tune").mkdir()
    suggestions = reopen_study(wanted, RunFolder(runs / "tune"))
    suggestions.journal.release()
    for number, (state, value) in enumerate(ends):
        suggestion = suggestions.ask()
        assert suggestion
        record = replace(suggestion, name=f"tune-{number}", started=datetime.now(UTC))
        suggestions.journal.write(record)
        if state != "Running":
            metrics = {"loss": Metric(value, value, value)}
            suggestions.journal.write(replace(record, outcome=TrialCondition(state, "", "", metrics)))
    suggestions.journal.end(BUDGET_SPENT)
    assert listed(runs) == in_full(runs)


def test_a_larger_budget_is_unfinished_until_it_is_spent(tmp_path: Path) -> None:
    """The verdict that stands in the journal was another budget's."""
    run(search(PRINT), runs=tmp_path)
    journal = tmp_path / "tune" / "journal"
    text = journal.read_text()
    assert text.count('maxTrialCount\\":3') == 1
    journal.write_text(text.replace('maxTrialCount\\":3', 'maxTrialCount\\":5'))
    assert listed(tmp_path) == in_full(tmp_path)
    assert listed(tmp_path).state == "Unfinished"


def test_a_search_on_which_a_process_works_is_running(tmp_path: Path) -> None:
    """As long as it holds the lock, and without one who looks being in another's way."""
    run(search(PRINT), runs=tmp_path)
    journal = tmp_path / "tune" / "journal"
    kept = [line for line in journal.read_text().splitlines(True) if "kfp-katib:verdict" not in line]
    journal.write_text("".join(kept))
    assert listed(tmp_path).state == "Unfinished"
    with open_folder(tmp_path, "tune"):
        assert listed(tmp_path).state == "Running"


def test_a_line_that_is_being_written_does_not_count_yet(tmp_path: Path) -> None:
    """The list is right in the middle of a write."""
    run(search(PRINT), runs=tmp_path)
    before = listed(tmp_path)
    with (tmp_path / "tune" / "journal").open("a") as file:
        file.write('{"op_code":8,"worker_id":"kfp-katib","trial_id":0,"user_attr":{"kfp-ka')
    assert listed(tmp_path) == before


def test_lines_in_another_form_are_read_all_the_same(tmp_path: Path) -> None:
    """Slowly: by the reader that knows them all."""
    run(search(PRINT), runs=tmp_path)
    before = listed(tmp_path)
    journal = tmp_path / "tune" / "journal"
    lines = [json.dumps(json.loads(line)) for line in journal.read_text().splitlines()]
    journal.write_text("\n".join([*lines, ""]))
    assert listed(tmp_path).best == before.best
    assert listed(tmp_path).completed == before.completed


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda text: text.replace('"kfp-katib:format":3', '"kfp-katib:format":9'), "by a newer kfp-katib"),
        (lambda text: text.replace('"study_name":"tune"', '"study_name":"other"'), "a search named 'other'"),
        (lambda text: text.replace('"trial_id":2,"user', '"trial_id":7,"user'), "there is no trial 7"),
        (lambda text: text.replace('"outcome":["Succeeded"', '"outcome":[["Succeeded"]'), "is damaged"),
    ],
    ids=["newer", "of another search", "of no trial", "no state"],
)
def test_a_damaged_journal_says_so(damage: object, words: str, tmp_path: Path) -> None:
    """In the words of whoever would read it in full."""
    run(search(PRINT), runs=tmp_path)
    journal = tmp_path / "tune" / "journal"
    text = journal.read_text()
    assert callable(damage)
    journal.write_text(damage(text))
    assert journal.read_text() != text
    assert listed(tmp_path).state == "Unreadable"
    assert words in listed(tmp_path).message


def test_what_is_in_place_of_a_journal_hangs_nobody(tmp_path: Path) -> None:
    """A named pipe, whose opening waits for a writer."""
    (tmp_path / "tune").mkdir()
    os.mkfifo(tmp_path / "tune" / "journal")
    assert listed(tmp_path) == Overview("tune", "Unfinished")


def test_a_search_that_is_deleted_meanwhile_is_not_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no search that cannot be read."""
    run(search(PRINT), runs=tmp_path)
    monkeypatch.setattr(listing, "names_in", lambda _: ("gone", "tune"))
    assert listed(tmp_path).name == "tune"
