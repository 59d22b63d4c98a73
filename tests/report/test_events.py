# SPDX-License-Identifier: Apache-2.0
"""Progress for programs: events, one JSON object a line."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from kfp_katib.report.events import Events
from kfp_katib.results import Condition, Progress, Reports, conclude
from tests.builders.experiment import experiment
from tests.builders.progress import DONE, RUNNING, lasting, so_far
from tests.builders.result import bare_trial, result
from tests.support.waiting import until


class Told:
    """The events that were written."""

    def __init__(self, **options: float) -> None:
        self.lines: list[str] = []
        self.events = Events(self.lines.append, **options)

    def read(self) -> list[dict[str, Any]]:
        """What a program reads; every event has its time."""
        read = [json.loads(line) for line in self.lines]
        assert all(datetime.fromisoformat(each.pop("time")).tzinfo for each in read)
        return read


def of(progress: Progress) -> list[dict[str, Any]]:
    """The events of one change."""
    told = Told()
    told.events.update(progress)
    told.events.close()
    return told.read()


def test_the_first_says_what_is_searched() -> None:
    """The experiment, its aim, its parameters, its budget, and how much was done before."""
    told = Told()
    told.events.begin(so_far(DONE, earlier=1))
    assert told.read() == [
        {
            "event": "started",
            "experiment": "tune",
            "objective": {"metric": "loss", "type": "minimize", "goal": None},
            "algorithm": "random",
            "parameters": ["lr", "batch_size", "activation"],
            "max_trials": 4,
            "parallel_trials": 2,
            "completed_before": 1,
        }
    ]


def test_a_trial_that_changes_is_told_as_the_result_tells_it() -> None:
    """Without its log, which is a file."""
    trial, _ = of(so_far(bare_trial("a", loss="nan", exit_code=0), new=1))
    assert (trial["event"], trial["name"], trial["state"]) == ("trial", "a", "Succeeded")
    assert (trial["objective"], trial["parameters"], trial["exit_code"]) == (None, {"lr": "0.1"}, 0)
    assert trial["metrics"] == {"loss": {"min": "nan", "max": "nan", "latest": "nan"}}
    assert "log_tail" not in trial


def test_every_change_says_how_far_the_search_is() -> None:
    """The counts, the best trial, the time left, and what the running trials have reported."""
    trials = lasting("a", 1), bare_trial("b", "Pending")
    told = of(so_far(*trials, new=1, reports={"b": Reports({"loss": "0.7", "acc": "oops"}, 3)}))[-1]
    assert told == {
        "event": "progress",
        "completed": 1,
        "running": 0,
        "waiting": 1,
        "failed": 0,
        "seconds_left": 120.0,
        "best": {"trial": "a", "value": 0.5, "parameters": {"lr": "0.1"}},
        "active": [{"trial": "b", "seconds": None, "metrics": {"loss": "0.7", "acc": "oops"}, "step": 3}],
    }


def test_where_nothing_changes_reports_are_told_all_the_same() -> None:
    """After some time, again and again."""
    told = Told(every_seconds=0.05)
    told.events.update(so_far(RUNNING, new=1))
    until(lambda: len(told.lines) >= 4)
    told.events.close()
    assert {each["event"] for each in told.read()[1:]} == {"progress"}


def test_a_note_is_an_event() -> None:
    """As the user would read it."""
    told = Told()
    told.events.note("Not used here: image.")
    assert told.read() == [{"event": "note", "text": "Not used here: image."}]


def test_the_last_is_the_verdict() -> None:
    """What `--json` says, without the trials, each of which was told, and the manifest."""
    told = Told()
    told.events.end(result([DONE]))
    (end,) = told.read()
    assert (end["event"], end["state"], end["best_trial"], end["best_value"]) == (
        "verdict",
        "Succeeded",
        "a",
        0.5,
    )
    assert not {"trials", "manifest"} & set(end)


def test_without_a_verdict_the_search_was_stopped() -> None:
    """It may go on."""
    told = Told()
    told.events.end(conclude(experiment(), [DONE], Condition("Running")))
    assert [(each["event"], each["state"]) for each in told.read()] == [("stopped", "Running")]
