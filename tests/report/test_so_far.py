# SPDX-License-Identifier: Apache-2.0
"""How far a search is, in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kfp_katib.report.so_far import (
    reason,
    reports_line,
    resumed,
    seconds_left,
    short_name,
    status_line,
    time_left,
    trial_line,
)
from kfp_katib.results import Progress, Reports, Trial
from tests.builders.experiment import experiment
from tests.builders.progress import DONE, NOW, RUNNING, lasting, running, so_far
from tests.builders.result import bare_trial

FAILED = bare_trial("b", "Failed", exit_code=3, message="Trial has failed. Exit code 3.")


@pytest.mark.parametrize(
    ("progress", "line"),
    [
        (so_far(RUNNING), "0/4 trials, 1 running"),
        (so_far(RUNNING, bare_trial("b", "Pending")), "0/4 trials, 1 running, 1 waiting"),
        (so_far(DONE), "1/4 trials, best loss=0.5"),
        (so_far(DONE, FAILED), "2/4 trials, 1 failed, best loss=0.5"),
        (so_far(DONE, FAILED, running("c")), "2/4 trials, 1 running, 1 failed, best loss=0.5"),
        (so_far(lasting("a", 1)), "1/4 trials, best loss=0.5, 2 min 0 s left"),
        (so_far(DONE, budget=1), "1/1 trials, best loss=0.5"),
        (so_far(DONE, budget=None), "1 trial, best loss=0.5"),
        (so_far(bare_trial("a", "Succeeded", "nan")), "1/4 trials"),
    ],
    ids=[
        "running",
        "one waits",
        "one done",
        "one failed",
        "all at once",
        "timed",
        "the last",
        "no budget",
        "not a number",
    ],
)
def test_the_line_says_what_is_done_what_runs_and_how_long_it_takes(progress: Progress, line: str) -> None:
    """What is not known is left out."""
    assert status_line(progress, now=NOW) == line


@pytest.mark.parametrize(
    ("trials", "parallel", "budget", "seconds"),
    [
        ([], 1, 4, None),
        ([running("a", 30)], 1, 4, None),
        ([lasting("a", 1)], 1, None, None),
        ([lasting("a", 1)], 1, 4, 180),
        ([lasting("a", 1)], 2, 4, 120),
        ([lasting("a", 1)], 3, 4, 60),
        ([lasting("a", 1), running("b", 20)], 1, 4, 160),
        ([lasting("a", 1), running("b", 20), running("c", 50)], 2, 4, 70),
        ([lasting("a", 1), running("b", 20), running("c", 50)], 2, 5, 100),
        ([lasting("a", 1), running("b", 20)], 1, 2, 40),
        ([lasting("a", 1), running("b", 90)], 1, 3, 60),
        ([lasting("a", 1), running("b", 90)], 1, 2, None),
        ([lasting("a", 1), lasting("b", 9), lasting("c", 2)], 1, 4, 120),
        ([lasting("a", 1), lasting("b", 2)], 1, 3, 90),
        ([lasting("a", 1)], 1, 1, None),
    ],
    ids=[
        "nothing has run",
        "the first still runs",
        "no budget",
        "three after another",
        "two at a time",
        "all at a time",
        "one is on its way",
        "the next begins when the first one ends",
        "and the one after it",
        "the last is on its way",
        "one is late, others follow",
        "only one that is late is left",
        "the median",
        "the mean of the two in the middle",
        "nothing is left",
    ],
)
def test_the_time_left_is_said_where_it_is_known(
    trials: list[Trial], parallel: int, budget: int | None, seconds: float | None
) -> None:
    """Every trial is taken to last as long as half of those that have ended."""
    assert seconds_left(so_far(*trials, budget=budget, parallel=parallel), now=NOW) == seconds


def test_failed_trials_say_nothing_about_the_time_left() -> None:
    """They end at any time, mostly at once."""
    crashed = replace(lasting("a", 0.01), state="Failed")
    killed = replace(lasting("b", 9), state="Killed")
    assert seconds_left(so_far(crashed, killed), now=NOW) is None
    assert seconds_left(so_far(crashed, killed, lasting("c", 1), parallel=1), now=NOW) == 60


def test_a_trial_that_waits_takes_its_whole_time() -> None:
    """It has not begun."""
    waiting = [bare_trial(f"b{number}", "Pending") for number in range(4)]
    assert time_left(so_far(lasting("a", 60), waiting[0], budget=2), now=NOW) == "1 h 0 min"
    assert time_left(so_far(lasting("a", 60), *waiting, budget=5), now=NOW) == "2 h 0 min"


@pytest.mark.parametrize(
    ("one", "line"),
    [
        (RUNNING, "trial a Running"),
        (DONE, "trial a Succeeded loss=0.5"),
        (FAILED, "trial b Failed: Trial has failed. Exit code 3."),
        (bare_trial("c", "Succeeded", "nan"), "trial c Succeeded loss=nan"),
        (bare_trial("c", "Succeeded", "0.123456789"), "trial c Succeeded loss=0.123457"),
    ],
)
def test_a_trials_line_says_how_it_ended(one: Trial, line: str) -> None:
    """State, value where there is one, the reason where it failed."""
    assert trial_line(one, so_far(one)) == line


def test_times_of_a_trial_are_said_in_words() -> None:
    """Where they are known."""
    began = datetime(2026, 1, 1, tzinfo=UTC)
    timed = replace(DONE, started=began, ended=began + timedelta(seconds=75))
    assert trial_line(timed, so_far(timed)) == "trial a Succeeded loss=0.5 in 1 min 15 s"
    back = replace(timed, ended=began - timedelta(seconds=75))
    assert trial_line(back, so_far(back)) == "trial a Succeeded loss=0.5 in 0 s"


@pytest.mark.parametrize(
    ("message", "code", "text"),
    [
        ("Out of memory.", None, "Out of memory."),
        ("Out of memory.", 137, "exit code 137, Out of memory."),
        ("", 137, "exit code 137"),
        ("one\n\x1b[2Jtwo", None, "one two"),
        ("x" * 300, None, "x" * 200 + "…"),
    ],
    ids=["alone", "code", "only code", "control characters", "long"],
)
def test_a_reason_is_one_line(message: str, code: int | None, text: str) -> None:
    """It has the exit code, and nothing that a terminal would obey."""
    assert reason(bare_trial("a", "Failed", message=message, exit_code=code)) == text


def test_trials_that_had_completed_are_told() -> None:
    """They are an earlier run only where the search is one's own."""
    progress = so_far(DONE, FAILED, earlier=2)
    assert resumed(progress, watched=False) == (
        "Resuming where an earlier run stopped: 2 trials had completed."
    )
    assert resumed(so_far(DONE, earlier=1), watched=True) == "1 trial had completed before."
    assert resumed(so_far(DONE), watched=False) == ""


def test_a_long_name_keeps_what_tells_it_from_others() -> None:
    """The search's own name is that of all."""
    long = experiment(name="the-generative-model-of-showers")
    assert short_name(bare_trial(f"{long.name}-bk4f7c2m"), long) == "…bk4f7c2m"
    assert short_name(bare_trial("tune-bk4f7c2m"), experiment()) == "tune-bk4f7c2m"
    assert short_name(bare_trial("x" * 40), experiment()) == "x" * 40


def test_running_trials_say_what_they_reported_last() -> None:
    """The first ones, and how many there are beside them."""
    trials = [running("a", 62), running("b", 5), bare_trial("c", "Pending"), running("d"), running("e")]
    progress = so_far(*trials, reports={"a": Reports({"loss": "0.123456789"}, 7)})
    line = reports_line(progress.active(), progress, now=NOW, most=3)
    assert line == "a 1 min 2 s loss=0.123457, b 5 s, c waits, and 2 more"
