# SPDX-License-Identifier: Apache-2.0
"""Population based training that was killed, extended, or begun anew goes on from its journal alone."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from kfp_katib import load, run
from kfp_katib.engines.local.journal import Journal
from kfp_katib.engines.local.search.suggestions import open_study
from kfp_katib.results import Progress
from tests.engines.local import drive
from tests.engines.local.drive import MOMENTS, finished
from tests.engines.local.populations import check_lineages, checkpoints, pbt, trials_of
from tests.engines.local.search.searching import run as run_in_memory
from tests.support.waiting import until


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Where the trials keep their lines of descent."""
    (tmp_path / "kept").mkdir()
    return tmp_path / "kept"


def test_kill_at_random_moments(tmp_path: Path, kept: Path) -> None:
    """No finished trial is lost or run twice; the suggestions are those of a search that nobody killed."""
    runs, budget = tmp_path / "runs", 5 * MOMENTS
    document = pbt("sleep 0.02; ", kept, maxTrialCount=budget)
    done = drive.kill_at_random_moments(document, runs, most_seconds=0.15)
    result = run(load(document), runs=runs)
    assert done.items() <= finished(runs).items()
    assert [trial.state for trial in result.trials] == ["Succeeded"] * budget
    check_lineages(runs, kept)
    whole = open_study(load(document), Journal("tune"))
    run_in_memory(whole, budget, lambda texts: float(texts["lr"]))
    assert [(trial.record.parameters, trial.note) for trial in trials_of(runs)] == [
        (trial.record.parameters, trial.note) for trial in whole.journal.trials
    ]


def test_a_trial_that_was_killed_begins_again_from_the_same_bytes(tmp_path: Path, kept: Path) -> None:
    """What it had written by then is gone."""
    wait = f"test -e {kept}/go || test $(ls {kept} | wc -l) -lt 8 || sleep 600; "
    document = pbt(wait, kept)
    with drive.start(document, tmp_path / "runs") as engine:
        until(lambda: len(list(kept.iterdir())) == 8)
        os.kill(engine.pid, signal.SIGKILL)
    (kept / "go").touch()
    assert run(load(document), runs=tmp_path / "runs").count("Succeeded") == 20
    check_lineages(tmp_path / "runs", kept)


def test_a_search_that_is_extended_goes_on_with_its_checkpoints(tmp_path: Path, kept: Path) -> None:
    """With a larger maxTrialCount and another parallelTrialCount, in later generations."""
    run(load(pbt(kept=kept, parallelTrialCount=2)), runs=tmp_path / "runs")
    result = run(load(pbt(kept=kept, parallelTrialCount=4, maxTrialCount=40)), runs=tmp_path / "runs")
    assert result.count("Succeeded") == 40
    check_lineages(tmp_path / "runs", kept)
    generations = [trial.note["generation"] for trial in trials_of(tmp_path / "runs")]
    assert max(generations[20:]) > max(generations[:20])


def test_what_was_killed_at_the_verdict_runs_again_in_an_extended_search(tmp_path: Path, kept: Path) -> None:
    """As Katib's service queues Killed trials again; they count as they are."""
    goal = {"type": "minimize", "objectiveMetricName": "loss"}
    hang = f"mkdir {kept}/first 2> /dev/null || test -e {kept}/go || sleep 600; "
    spec: dict[str, Any] = {"parallelTrialCount": 2, "maxTrialCount": 8}
    before = run(load(pbt(hang, **spec, objective={**goal, "goal": 0.95})), runs=tmp_path)
    assert before.reason == "ExperimentGoalReached"
    (killed,) = [trial for trial in before.trials if trial.state == "Killed"]
    (kept / "go").touch()
    after = run(load(pbt(hang, **spec, objective=goal)), runs=tmp_path)
    assert (after.count("Killed"), after.count("Succeeded")) == (1, 7)
    assert killed.parameters in [trial.parameters for trial in after.trials[2:]]


def test_again_leaves_no_checkpoints_behind(tmp_path: Path) -> None:
    """Only a search that goes on needs them, and one that was put aside does not."""
    run(load(pbt()), runs=tmp_path)
    assert checkpoints(tmp_path)
    again = run(load(pbt(maxTrialCount=1)), runs=tmp_path, again=True)
    assert checkpoints(tmp_path) == {trial.name for trial in again.trials}
    assert not list((tmp_path / "tune" / "earlier").rglob("checkpoint"))


def test_a_failed_trial_runs_again_from_its_parents_checkpoint(tmp_path: Path, kept: Path) -> None:
    """As another trial, which counts; the failed one counts too."""
    script = f"test ! -e {kept}/fails || {{ rm {kept}/fails; exit 3; }}; "

    def fail_later(progress: Progress) -> None:
        if progress.completed == 8:
            (kept / "fails").touch()

    made = load(pbt(script, kept, maxFailedTrialCount=3))
    result = run(made, runs=tmp_path / "runs", on_update=fail_later)
    assert (result.count("Failed"), result.count("Succeeded")) == (1, 19)
    check_lineages(tmp_path / "runs", kept)
    trials = trials_of(tmp_path / "runs")
    (failed,) = [each for each in trials if each.record.outcome and each.record.outcome.state == "Failed"]
    siblings = [each for each in trials if each.note["parent"] == failed.note["parent"]]
    assert [each.record.parameters for each in siblings].count(failed.record.parameters) == 2


def test_failed_trials_that_are_retried_count_no_more(tmp_path: Path, kept: Path) -> None:
    """The algorithm's next suggestions stand for them, among which are their values."""
    (kept / "broken").touch()
    document = pbt(f"test ! -e {kept}/broken || exit 3; ", kept, maxFailedTrialCount=2)
    assert run(load(document), runs=tmp_path / "runs").state == "Failed"
    (kept / "broken").unlink()
    result = run(load(document), runs=tmp_path / "runs", retry_failed=True)
    assert (result.count("Failed"), result.count("Succeeded")) == (0, 20)
    check_lineages(tmp_path / "runs", kept)


def test_points_of_the_users_begin_without_a_checkpoint(tmp_path: Path, kept: Path) -> None:
    """Also in a search that is extended; their successors begin from theirs."""
    run(load(pbt(kept=kept, maxTrialCount=8)), runs=tmp_path / "runs")
    run(load(pbt(kept=kept)), runs=tmp_path / "runs", enqueue=[{"lr": "0.1"}])
    check_lineages(tmp_path / "runs", kept)
    trials = trials_of(tmp_path / "runs")
    assert (trials[8].enqueued, trials[8].record.parameters) == (0, {"lr": "0.1"})
    assert 8 in {trial.note.get("parent") for trial in trials}


def test_earlier_searches_leave_nothing_to_begin_from(tmp_path: Path) -> None:
    """It says so, and suggests what it would have."""
    before = run(load(pbt(maxTrialCount=2)), runs=tmp_path / "before")
    plain = run(load(pbt(maxTrialCount=2)), runs=tmp_path / "plain")
    warm = run(load(pbt(maxTrialCount=2)), runs=tmp_path / "warm", warm_start=before)
    assert [trial.parameters for trial in warm.trials] == [trial.parameters for trial in plain.trials]
    assert any("pbt cannot use earlier trials: they left no checkpoints" in note for note in warm.notes)
