# SPDX-License-Identifier: Apache-2.0
"""Lines for whoever reads later, and on a terminal one that shows what goes on."""

from __future__ import annotations

import io
import re
import time

import pytest

from pipelines import screen
from pipelines.screen import Screen, fitted, listed
from tests.support import terminal

PATH = "/home/you/kfp-katib/local_outputs/models/par04-vae-fbd9346d91a2/par04-vae-fbd9346d91a2-t94947gm"


@pytest.fixture(autouse=True)
def _usual(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of a usual kind and width, whatever these tests are run in."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")


def shown(stream: io.StringIO) -> str:
    """What a step of two parts and a warning leaves on a stream."""
    told = Screen(stream, "run.log")
    with told.open():
        told.start("prepare-data")
        told.progress("   1 of 2", "   1 of 2")
        time.sleep(0.7)  # the line below is drawn twice a second
        told.tell("   warning: odd")
        told.progress("   2 of 2", "   part 2")
        told.end("done")
    return stream.getvalue()


def test_without_a_terminal_every_line_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing else: no codes, no line that is rewritten."""
    text = shown(io.StringIO())
    expected = r"== prepare-data\n   1 of 2\n   warning: odd\n   part 2\n   done after \d\.\d s\n"
    assert re.fullmatch(expected, text)
    monkeypatch.setenv("TERM", "dumb")
    assert re.fullmatch(expected, shown(terminal.Screen()))


def test_on_a_terminal_progress_is_one_line_that_moves() -> None:
    """With the step's time in it; how far it got stays when it ends."""
    text = re.sub(r"\x1b\[[\d;?]*[A-Za-z]|\r", "", shown(terminal.Screen()))
    assert re.search(r"^   1 of 2 \(\d s\)", text, re.MULTILINE)
    assert "   1 of 2\n" not in text
    assert re.search(r"   warning: odd\n.*   2 of 2\n.*   done after \d\.\d s\n", text, re.DOTALL)


@pytest.mark.parametrize(("variable", "colours"), [("", True), ("NO_COLOR", False)])
def test_colours_are_for_those_who_want_them(
    monkeypatch: pytest.MonkeyPatch, variable: str, *, colours: bool
) -> None:
    """A warning is yellow, unless NO_COLOR is set."""
    if variable:
        monkeypatch.setenv(variable, "1")
    assert ("\x1b[33m   warning: odd" in shown(terminal.Screen())) is colours


def test_a_long_silence_is_broken_where_nothing_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a file that somebody follows, a step that says nothing for a minute is seen to run."""
    monkeypatch.setattr(screen, "SILENCE_SECONDS", 0.5)
    stream = io.StringIO()
    told = Screen(stream, "run.log")
    with told.open():
        told.start("evaluate-model")
        time.sleep(2.5)
        told.end("done")
        time.sleep(1.5)
    lines = stream.getvalue().splitlines()
    assert lines[1] in [f"   evaluate-model has been running for {seconds} s" for seconds in (0, 1)]
    assert lines[-1].startswith("   done after")


@pytest.mark.parametrize("columns", [80, 120])
def test_a_long_line_is_broken_between_words_and_a_path_never(columns: int) -> None:
    """So that it can be copied; what follows is indented."""
    first, *rest = fitted(f"   collected the model of trial t94947gm from {PATH}", columns).split("\n")
    assert first.startswith("   collected the model")
    assert [line for line in rest if line == f"     {PATH}"]
    assert fitted("   short", columns) == "   short"


def test_what_came_out_is_a_list_that_a_program_can_read_too() -> None:
    """A name and its value are one line of a file, and as wide as a terminal."""
    lines = {"Best trial": "t-1: " + " ".join(["lr=0.1,"] * 20), "Report": PATH}
    assert len(listed(lines, io.StringIO()).splitlines()) == 2
    at_a_terminal = listed(lines, terminal.Screen()).splitlines()
    assert max(len(line) for line in at_a_terminal if PATH not in line) <= 80
    assert at_a_terminal[1].startswith(" " * 12 + "lr=")
