# SPDX-License-Identifier: Apache-2.0
"""Running trials' reports stand in the journal as Optuna's intermediate values, while the trials run."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from kfp_katib import run
from kfp_katib.engines.local import read
from kfp_katib.engines.local.following import Following
from kfp_katib.engines.local.journal_file import read_journal
from kfp_katib.engines.options import RunOptions
from kfp_katib.errors import InputError, TimedOut
from kfp_katib.results import Progress
from kfp_katib.trial.trial_folder import TrialFolder
from tests.builders.search import PRINT, collector, search
from tests.engines.local.searches import unused_lr
from tests.support.speed import within
from tests.support.waiting import until

Points = list[dict[int, float]]


def optunas(runs: Path) -> Points:
    """The intermediate values of each trial, as Optuna reads them."""
    storage = JournalStorage(JournalFileBackend(str(runs / "tune" / "journal")))
    return [
        trial.intermediate_values for trial in optuna.load_study(study_name="tune", storage=storage).trials
    ]


def ours(runs: Path) -> Points:
    """The same, as we read them."""
    return [trial.points for trial in read_journal(runs / "tune" / "journal").trials]


def epochs(*values: str, seconds: float = 0.15) -> str:
    """A script that reports these values one after the other."""
    return f"for loss in {' '.join(values)}; do echo loss=$loss; sleep {seconds}; done"


def trial(script: str, runs: Path, **changes: Any) -> Points:
    """The points of a search of one trial."""
    run(search(script, maxTrialCount=1, **unused_lr(script), **changes), runs=runs)
    assert ours(runs) == optunas(runs)
    return ours(runs)


def test_every_report_is_an_intermediate_value(tmp_path: Path) -> None:
    """Its step is the report's number; the trial's value is what it was before."""
    assert trial(epochs("0.5", "0.25", "0.75"), tmp_path) == [{1: 0.5, 2: 0.25, 3: 0.75}]


def test_they_are_there_while_the_trial_runs(tmp_path: Path) -> None:
    """Optuna sees a running trial with them, and no change of a trial is published for them."""
    updates: list[Progress] = []
    look = f"cp {tmp_path}/runs/tune/journal {tmp_path}/then"
    script = f"{{ echo loss=3; echo loss=2; sleep 3; {look}; echo loss=1; }}"
    experiment = search(script, maxTrialCount=1, **unused_lr(script))
    run(experiment, runs=tmp_path / "runs", on_update=updates.append)
    storage = JournalStorage(JournalFileBackend(str(tmp_path / "then")))
    (then,) = optuna.load_study(study_name="tune", storage=storage).trials
    assert (then.state.name, then.intermediate_values) == ("RUNNING", {1: 3.0, 2: 2.0})
    assert optunas(tmp_path / "runs") == [{1: 3.0, 2: 2.0, 3: 1.0}]
    assert [[each.state for each in update.changed] for update in updates] == [["Running"], ["Succeeded"]]


def test_whoever_asks_what_runs_is_told_what_it_reported_last(tmp_path: Path) -> None:
    """Every metric, at any moment, from another thread; and nothing of a trial that has ended."""
    told: list[Progress] = []
    seen: list[dict[str, str]] = []
    script = (
        f"{{ echo loss=3; echo loss=2 acc=0.5; until test -e {tmp_path}/seen; do sleep 0.1; done; "
        "echo loss=${trialParameters.lr}; }"
    )

    def look() -> None:
        until(lambda: told)
        until(lambda: told[0].active() and told[0].active()[0].reports.step == 2)
        seen.append(dict(told[0].active()[0].reports.metrics))
        (tmp_path / "seen").touch()

    thread = threading.Thread(target=look)
    thread.start()
    objective = {"type": "minimize", "objectiveMetricName": "loss", "additionalMetricNames": ["acc"]}
    run(search(script, maxTrialCount=1, objective=objective), runs=tmp_path / "runs", on_update=told.append)
    thread.join()
    assert seen == [{"loss": "2", "acc": "0.5"}]
    assert told[-1].active() == ()


def test_what_is_not_a_finite_number_is_no_point(tmp_path: Path) -> None:
    """JSON has no NaN; the report is counted all the same, so that the gap shows."""
    values = collector("File", "/out/m.json", format="JSON")
    lines = " ".join(f"""'{{"loss": "{value}"}}'""" for value in ("1", "NaN", "inf", "oops", "2"))
    script = f"for line in {lines}; do echo $line >> /out/m.json; sleep 0.1; done"
    script = script.replace("echo $line", 'printf "%s\\n" "$line"')
    assert trial(script, tmp_path, metricsCollectorSpec=values) == [{1: 1.0, 5: 2.0}]


def test_a_result_has_every_trials_curve(tmp_path: Path) -> None:
    """The one that a run gives back, and the one that is read from the journal later."""
    script = epochs("0.5", "0.25", "0.75")
    found = run(search(script, maxTrialCount=1, **unused_lr(script)), runs=tmp_path)
    curves = [trial.curve for trial in found.trials]
    assert curves == [((1, 0.5), (2, 0.25), (3, 0.75))]
    assert found.best is not None
    assert found.best.curve == curves[0]
    assert [trial.curve for trial in read("tune", RunOptions(runs=tmp_path)).trials] == curves


def test_a_failed_trial_keeps_its_points(tmp_path: Path) -> None:
    """They say how far it came."""
    assert trial("{ " + epochs("3", "2") + "; false; }", tmp_path) == [{1: 3.0, 2: 2.0}]


def test_only_the_objective_has_points(tmp_path: Path) -> None:
    """Optuna knows one value a step."""
    script = "for i in 1 2 3; do echo acc=0.$i; echo loss=$i; sleep 0.1; done"
    objective = {"type": "minimize", "objectiveMetricName": "loss", "additionalMetricNames": ["acc"]}
    assert trial(script, tmp_path, objective=objective) == [{1: 1.0, 2: 2.0, 3: 3.0}]


def test_a_trial_that_runs_again_begins_its_points_anew(tmp_path: Path) -> None:
    """We read those of the present run alone; in Optuna each step holds the value that came last."""
    script = (
        f"{{ if mkdir {tmp_path}/first; then for i in 9 8 7; do echo loss=$i; done; sleep 600; fi; "
        "echo loss=3; echo loss=2; sleep 0.3; }"
    )
    experiment = search(script, maxTrialCount=1, **unused_lr(script))
    with suppress(TimedOut):
        run(experiment, runs=tmp_path / "runs", timeout_seconds=3.5)
    assert ours(tmp_path / "runs") == [{1: 9.0, 2: 8.0, 3: 7.0}]
    run(experiment, runs=tmp_path / "runs")
    assert ours(tmp_path / "runs") == [{1: 3.0, 2: 2.0}]
    assert optunas(tmp_path / "runs") == [{1: 3.0, 2: 2.0, 3: 7.0}]


@pytest.mark.parametrize(
    "change",
    [
        {"step": -1},
        {"step": 1.5},
        {"step": True},
        {"intermediate_value": "1"},
        {"trial_id": 7},
        {"trial_id": 0},
    ],
    ids=str,
)
def test_a_damaged_value_is_named(tmp_path: Path, change: dict[str, Any]) -> None:
    """One of no trial, of one that has ended, or that Optuna would not take."""
    run(search(PRINT), runs=tmp_path)
    journal = tmp_path / "tune" / "journal"
    line = {"op_code": 7, "worker_id": "a", "trial_id": 0, "step": 1, "intermediate_value": 0.5, **change}
    lines = journal.read_text().splitlines()
    at = len(lines) if change == {"trial_id": 0} else 6
    journal.write_text("\n".join([*lines[:at], json.dumps(line), *lines[at:]]) + "\n")
    with pytest.raises(InputError, match=f"is damaged, line {at + 1} "):
        read_journal(journal)


def test_a_flood_does_not_hold_the_search_up(tmp_path: Path) -> None:
    """What a trial writes beyond what can be followed is left; its end is seen as soon as before."""
    script = "head -c 100000000 /dev/zero | tr '\\0' 'x' ; yes loss=0.5 | head -c 40000000; echo; echo loss=1"
    began = time.monotonic()
    (points,) = trial(f"{{ {script}; }}", tmp_path)
    assert len(points) <= 200
    assert time.monotonic() - began < 60


@pytest.fixture
def followed(tmp_path: Path) -> Callable[[str], tuple[Following, TrialFolder]]:
    """A trial's folder, and who follows it."""

    def follow(written: str) -> tuple[Following, TrialFolder]:
        files = TrialFolder(tmp_path / "tune-a")
        files.clear()
        (files.metrics / "metrics.log").write_text(written)
        return Following(search(epochs("1", "2"), **unused_lr("")), lambda: None), files

    return follow


def test_a_trial_that_ends_at_once_is_not_even_looked_at(followed: Callable[..., Any]) -> None:
    """A thousand trials of a millisecond take as long as if nobody followed them."""
    following, files = followed("loss=1\nloss=2\n")
    following.begin(0, files)
    assert list(following.end(0)) == []
    following.begin(1, files)
    time.sleep(0.2)
    assert list(following.end(1)) == [(1, 1.0), (2, 2.0)]
    following.close()


def test_the_last_look_is_short(followed: Callable[..., Any]) -> None:
    """The search waits for it, so that it leaves what would take long."""
    following, files = followed("loss=0.5\n" * 5_000_000)
    following.begin(0, files)
    time.sleep(0.2)
    with within(1):
        assert len(list(following.end(0))) > 100
    following.close()


def test_closing_ends_the_thread(followed: Callable[..., Any]) -> None:
    """Also in the middle of a look."""
    following, files = followed("loss=0.5\n" * 5_000_000)
    following.begin(0, files)
    time.sleep(1.05)
    began = time.monotonic()
    following.close()
    assert time.monotonic() - began < 1
    assert list(following.points())
