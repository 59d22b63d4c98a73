# SPDX-License-Identifier: Apache-2.0
"""The live region of a terminal: drawn anew, with everything else above it."""

from __future__ import annotations

import logging
import re
import sys
import threading
import time

import pytest

from kfp_katib.report import region
from kfp_katib.report.region import Region
from tests.builders.progress import DONE, RUNNING, so_far
from tests.builders.result import bare_trial
from tests.support.terminal import Screen, shown
from tests.support.waiting import until


@pytest.fixture(autouse=True)
def size(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of 80 columns and 24 lines with all that a terminal can do."""
    for name, value in {"TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)


def test_the_lines_are_drawn_over_and_one_stays() -> None:
    """What is left at the end says how far the search came, in how much time."""
    terminal = Screen()
    drawn = Region(terminal, clock=iter([0.0, *[65.0] * 100]).__next__)
    drawn.begin(so_far(RUNNING))
    running = shown(terminal.getvalue())
    drawn.update(so_far(DONE))
    drawn.close()
    assert running == [
        "────────────────────  0/4 trials, 1 running, 1 min 5 s so far",
        "running  time   lr   batch_size  activation",
        "a        waits  0.1",
    ]
    assert [line for line in shown(terminal.getvalue()) if line] == [
        "1/4 trials, best loss=0.5, 1 min 5 s in all"
    ]


def test_it_is_drawn_again_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time passes although nothing is reported."""
    monkeypatch.setattr(region, "PER_SECOND", 50)
    terminal = Screen()
    drawn = Region(terminal)
    drawn.begin(so_far(RUNNING))
    until(lambda: "1 s so far" in terminal.getvalue())
    drawn.close()


def test_everything_else_stands_above_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Notes, logging, what libraries print, however long; nothing is drawn into it, and nothing is lost."""
    terminal = Screen()
    monkeypatch.setattr(sys, "stderr", terminal)
    handler = logging.StreamHandler(terminal)
    logging.root.addHandler(handler)
    drawn = Region(terminal)
    try:
        drawn.begin(so_far(DONE, RUNNING, earlier=1))
        drawn.note("Not used here: image.")
        logging.getLogger("some.library").warning("careful: [bold]%s[/bold]", "x" * 100)
        print("raw", file=sys.stderr)
        drawn.update(so_far(bare_trial("b", "Failed", message="Exit code 3.")))
        last = shown(terminal.getvalue())
    finally:
        drawn.close()
        logging.root.removeHandler(handler)
    assert last[:5] == [
        "Resuming where an earlier run stopped: 1 trial had completed.",
        "Not used here: image.",
        "careful: [bold]" + "x" * 65,
        "x" * 35 + "[/bold]",
        "raw",
    ]
    assert last[5].startswith("────")
    assert sys.stderr is terminal


def test_the_last_failure_stays_in_it() -> None:
    """Although other trials have ended since."""
    terminal = Screen()
    drawn = Region(terminal)
    failed = bare_trial("b", "Failed", message="Exit code 3.")
    drawn.begin(so_far(RUNNING))
    drawn.update(so_far(failed, new=1))
    drawn.update(so_far(failed, DONE, new=1))
    until(lambda: shown(terminal.getvalue())[-1] == "last failure: b: Exit code 3.")
    drawn.close()


@pytest.mark.parametrize(("value", "colours"), [("", True), ("1", False)], ids=["colours", "NO_COLOR"])
def test_no_color_takes_the_colours_away(value: str, colours: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """As no-color.org has it; it is still drawn over."""
    monkeypatch.setenv("NO_COLOR", value)
    terminal = Screen()
    drawn = Region(terminal)
    drawn.begin(so_far(DONE, budget=2))
    drawn.close()
    assert ("\x1b[32m" in terminal.getvalue()) is colours
    assert "\x1b[2K" in terminal.getvalue()


def test_the_cursor_is_never_hidden() -> None:
    """A search that is killed leaves a terminal that can be used."""
    terminal = Screen()
    drawn = Region(terminal)
    drawn.begin(so_far(RUNNING))
    drawn.close()
    assert "\x1b[?25l" not in terminal.getvalue()


def test_the_search_does_not_wait_for_the_terminal() -> None:
    """Ctrl-S stops what is shown, and nothing else."""
    stopped = threading.Event()

    class Stopped(Screen):
        def write(self, text: str) -> int:
            stopped.wait(30)
            return super().write(text)

    stopped.set()
    terminal = Stopped()
    drawn = Region(terminal)
    drawn.begin(so_far(RUNNING))
    stopped.clear()
    began = time.monotonic()
    for _ in range(100):
        drawn.update(so_far(RUNNING))
        time.sleep(0.02)
    assert time.monotonic() - began < 10
    stopped.set()
    drawn.close()


def test_a_terminal_that_becomes_narrower_breaks_what_stands_there() -> None:
    """Its lines are then more than were drawn, and all of them are taken away."""
    terminal = Screen()
    drawn = Region(terminal)
    drawn.begin(so_far(bare_trial("tune-1", "Running"), DONE))
    lines = [line for line in shown(terminal.getvalue()) if line]
    drawn._console.width = 20
    begun = len(terminal.getvalue())
    until(lambda: "\x1b[1A" in terminal.getvalue()[begun:])
    drawn.close()
    upwards = re.match(r"(\r|\x1b\[2K|\x1b\[1A)*", terminal.getvalue()[begun:])
    assert upwards
    assert upwards.group().count("\x1b[1A") == sum(-(-len(line) // 20) for line in lines) - 1
