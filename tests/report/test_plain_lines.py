# SPDX-License-Identifier: Apache-2.0
"""Progress where there is no terminal: lines."""

from __future__ import annotations

import threading

from kfp_katib.report.plain_lines import Lines, still_line
from kfp_katib.results import Reports
from tests.builders.progress import DONE, NOW, RUNNING, lasting, running, so_far
from tests.builders.result import bare_trial
from tests.support.waiting import until

FAILED = bare_trial("b", "Failed", message="Exit code 3.")


def test_each_change_is_a_line() -> None:
    """A trial that did not change is not named again."""
    said: list[str] = []
    lines = Lines(said.append)
    for trials in ([RUNNING], [RUNNING, FAILED], [FAILED, DONE]):
        lines.update(so_far(*trials, new=1))
    lines.close()
    assert said == [
        "trial a Running  (0/4 trials, 1 running)",
        "trial b Failed: Exit code 3.  (1/4 trials, 1 running, 1 failed)",
        "trial a Succeeded loss=0.5  (2/4 trials, 1 failed, best loss=0.5)",
    ]


def test_what_an_earlier_run_has_done_comes_first() -> None:
    """And not as news."""
    said: list[str] = []
    lines = Lines(said.append)
    lines.begin(so_far(DONE, earlier=1))
    assert said == ["Resuming where an earlier run stopped: 1 trial had completed."]


def test_where_nothing_changes_a_line_comes_all_the_same() -> None:
    """Again and again, until it is closed."""
    said: list[str] = []
    lines = Lines(said.append, every_seconds=0.05)
    lines.update(so_far(bare_trial("a", "Pending"), new=1))
    until(lambda: len(said) >= 3)
    lines.close()
    assert set(said[1:]) == {"0/4 trials, 1 waiting; a waits"}
    assert not [thread for thread in threading.enumerate() if thread.name == "kfp-katib progress"]


def test_before_the_first_trial_it_says_that_there_is_none() -> None:
    """In a cluster images are pulled for minutes."""
    said: list[str] = []
    lines = Lines(said.append, every_seconds=0.05)
    lines.wait()
    until(lambda: len(said) >= 2)
    lines.close()
    assert set(said) == {"No trial has started yet."}


def test_that_line_says_what_runs() -> None:
    """With the last value, and for how long it has run."""
    trials = lasting("a", 10), running("b", 90), running("c", 30)
    progress = so_far(*trials, reports={"b": Reports({"loss": "0.25"}, 3)})
    assert still_line(progress, now=NOW) == (
        "1/4 trials, 2 running, best loss=0.5, 18 min 30 s left; running: b 1 min 30 s loss=0.25, c 30 s"
    )
