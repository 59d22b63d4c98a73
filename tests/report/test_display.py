# SPDX-License-Identifier: Apache-2.0
"""What people see of a search while it runs: one live line, or one line for each change."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kfp_katib.report.display import Display, status_line, trial_line
from kfp_katib.results import Progress, Trial
from tests.builders.progress import DONE, RUNNING, lasting, so_far
from tests.builders.result import bare_trial
from tests.support.terminal import Screen

FAILED = bare_trial("b", "Failed", exit_code=3)
ANOTHER = bare_trial("c", "Running")


@pytest.mark.parametrize(
    ("progress", "line"),
    [
        (so_far(RUNNING), "0/4 trials, 1 running"),
        (so_far(DONE), "1/4 trials, best loss=0.5, 1 min 0 s left"),
        (so_far(DONE, FAILED), "2/4 trials, 1 failed, best loss=0.5, 20 s left"),
        (
            so_far(DONE, FAILED, bare_trial("c", "Running")),
            "2/4 trials, 1 running, 1 failed, best loss=0.5, 20 s left",
        ),
        (so_far(DONE, budget=1), "1/1 trials, best loss=0.5"),
        (so_far(DONE, budget=None), "1 trials, best loss=0.5"),
        (so_far(bare_trial("a", "Succeeded", "nan")), "1/4 trials, 1 min 0 s left"),
    ],
    ids=["running", "one done", "one failed", "all at once", "the last", "no budget", "not a number"],
)
def test_the_line_says_what_is_done_what_runs_and_how_long_it_takes(progress: Progress, line: str) -> None:
    """After twenty seconds of this run."""
    assert status_line(progress, seconds=20) == line


def test_the_time_left_counts_the_trials_of_this_run_alone() -> None:
    """A resumed search does not take its earlier trials for quick ones."""
    trials = DONE, bare_trial("b", "Succeeded", "0.6")
    assert status_line(so_far(*trials, earlier=1), seconds=20).endswith("40 s left")
    assert "left" not in status_line(so_far(*trials, earlier=2), seconds=20)


def test_the_time_left_is_never_shorter_than_the_trials_were() -> None:
    """A run that takes over a search finds trials that are nearly done; others take their whole time."""
    for earlier in (1, 2):
        progress = so_far(lasting("a", 60), lasting("b", 60), ANOTHER, earlier=earlier)
        progress = replace(progress, experiment=replace(progress.experiment, parallel_trial_count=1))
        assert status_line(progress, seconds=1).endswith("2 h 0 min left")


def test_trials_that_run_at_once_share_their_time() -> None:
    """Two at a time take half of it."""
    progress = so_far(lasting("a", 60), lasting("b", 60), earlier=2)
    progress = replace(progress, experiment=replace(progress.experiment, parallel_trial_count=2))
    assert status_line(progress, seconds=1).endswith("1 h 0 min left")


@pytest.mark.parametrize(
    ("one", "line"),
    [
        (RUNNING, "trial a Running"),
        (DONE, "trial a Succeeded loss=0.5"),
        (FAILED, "trial b Failed exit code 3"),
        (bare_trial("c", "Succeeded", "nan"), "trial c Succeeded loss=nan"),
        (bare_trial("c", "Succeeded", "0.123456789"), "trial c Succeeded loss=0.123457"),
    ],
)
def test_a_trials_line_says_how_it_ended(one: Trial, line: str) -> None:
    """State, value where there is one, exit code where it is not 0."""
    assert trial_line(one, so_far(one)) == line


@pytest.mark.parametrize("stream", [io.StringIO(), Screen()], ids=["no terminal", "terminal"])
def test_what_an_earlier_run_has_done_is_told_once_and_not_as_news(stream: io.StringIO) -> None:
    """A resumed search says where it goes on; the time left counts its own trials alone."""
    with Display(stream, clock=iter([0, 5, 10]).__next__) as display:
        display.update(so_far(DONE, FAILED, ANOTHER, earlier=2))
        display.update(so_far(DONE, FAILED, bare_trial("c", "Succeeded", "0.7"), earlier=2))
    first, *rest = stream.getvalue().splitlines()
    assert first == "Resuming where an earlier run stopped: 2 trials had completed."
    assert not any("trial a" in line or "trial b" in line for line in rest)
    assert "10 s left" in rest[-1]


def test_a_search_that_is_only_watched_was_nobodys_earlier_run() -> None:
    """What it had done is told, and no run of the user's is said to go on."""
    stream = io.StringIO()
    with Display(stream, watched=True) as display:
        display.update(so_far(DONE, ANOTHER, earlier=1))
    assert stream.getvalue().splitlines()[0] == "1 trial had completed before."


def test_without_a_terminal_each_change_has_one_line() -> None:
    """A trial that did not change is not named again; notes come once, first."""
    stream = io.StringIO()
    with Display(stream) as display:
        moved_before = display.moved
        for trials in ([RUNNING], [RUNNING, FAILED], [FAILED, DONE]):
            display.update(so_far(*trials, notes=("Not used here: image.",), new=1))
        assert (moved_before, display.moved) == (False, True)
    lines = stream.getvalue().splitlines()
    assert lines[0] == "Not used here: image."
    assert [line.split("  (")[0] for line in lines[1:]] == [
        "trial a Running",
        "trial b Failed exit code 3",
        "trial a Succeeded loss=0.5",
    ]
    assert "\x1b" not in stream.getvalue()


def test_on_a_terminal_one_line_is_written_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Never longer than the terminal is wide, and ended when the search is."""
    monkeypatch.setenv("COLUMNS", "24")
    stream = Screen()
    with Display(stream, clock=iter(range(100)).__next__) as display:
        display.update(so_far(RUNNING))
        display.update(so_far(DONE))
    first, second = stream.getvalue().removesuffix("\n").split("\r\x1b[K")[1:]
    assert first == "0/4 trials, 1 running"
    assert second == "1/4 trials, best loss=0"
    assert "\n" not in first + second
    assert stream.getvalue().endswith("\n")


def test_a_search_without_a_change_leaves_the_screen_alone() -> None:
    """No empty line for a search that had finished before."""
    stream = Screen()
    with Display(stream):
        pass
    assert stream.getvalue() == ""


def test_times_of_a_trial_are_said_in_words() -> None:
    """Where they are known."""
    began = datetime(2026, 1, 1, tzinfo=UTC)
    timed = replace(DONE, started=began, ended=began + timedelta(seconds=75))
    assert trial_line(timed, so_far(timed)) == "trial a Succeeded loss=0.5 in 1 min 15 s"
    back = replace(timed, ended=began - timedelta(seconds=75))
    assert trial_line(back, so_far(back)) == "trial a Succeeded loss=0.5 in 0 s"


class Gone(io.StringIO):
    """A terminal that was closed."""

    def write(self, text: str) -> int:
        """As the system says it."""
        raise OSError(5, "Input/output error")


def test_a_terminal_that_is_gone_ends_no_search() -> None:
    """What cannot be shown is not shown."""
    with Display(Gone()) as display:
        display.update(so_far(DONE))
    assert display.moved
