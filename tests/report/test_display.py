# SPDX-License-Identifier: Apache-2.0
"""Which way progress is shown, and what all ways have in common."""

from __future__ import annotations

import io
import sys

import pytest

from kfp_katib.report.display import Display, on_stream
from kfp_katib.report.plain_lines import Lines
from kfp_katib.report.region import Region
from kfp_katib.results import Progress
from tests.builders.progress import DONE, RUNNING, so_far
from tests.report.test_streams import Gone
from tests.support.terminal import Screen


class View:
    """Writes down what it is asked to show."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def begin(self, progress: Progress) -> None:
        """Once."""
        self.asked.append("begin")

    def note(self, text: str) -> None:
        """A sentence."""
        self.asked.append(text)

    def update(self, progress: Progress) -> None:
        """A change."""
        self.asked.append(f"{progress.completed} done")

    def close(self) -> None:
        """The end."""
        self.asked.append("close")


@pytest.mark.parametrize(
    ("stream", "term", "kind"),
    [
        (Screen(), "xterm-256color", Region),
        (Screen(), "dumb", Lines),
        (Screen(), None, Lines),
        (io.StringIO(), "xterm-256color", Lines),
    ],
    ids=["terminal", "dumb", "no TERM", "pipe"],
)
def test_only_what_can_be_written_over_is(stream: io.StringIO, term: str | None, kind: type) -> None:
    """A terminal that can go back a line; elsewhere there are lines."""
    assert isinstance(on_stream(stream, environment={"TERM": term} if term else {}), kind)


def test_a_process_without_streams_runs_a_search_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon may have closed them; whoever closed one as a file has none either."""
    closed = Screen()
    closed.close()
    for stream in (None, closed):
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setattr(sys, "stdout", stream)
        with Display() as display:
            display.update(so_far(RUNNING, notes=("A note.",)))
        assert display.said == ("A note.",)


def test_notes_are_shown_once_and_before_the_change() -> None:
    """Whoever prints the end knows which were."""
    view = View()
    with Display(view=lambda: view) as display:
        moved_before = display.moved
        display.update(so_far(RUNNING, notes=("Not used here: image.",)))
        display.update(so_far(DONE, notes=("Not used here: image.", "Another.")))
    assert view.asked == ["begin", "Not used here: image.", "0 done", "Another.", "1 done", "close"]
    assert (moved_before, display.moved) == (False, True)
    assert display.said == ("Not used here: image.", "Another.")


def test_a_search_without_a_change_shows_nothing() -> None:
    """No empty line for a search that had finished before, and nothing is loaded to draw it."""
    with Display(view=lambda: pytest.fail("it was opened")) as display:
        pass
    assert not display.moved


@pytest.mark.parametrize("term", ["xterm", "dumb"])
def test_a_terminal_that_is_gone_ends_no_search(term: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be shown is not shown."""
    monkeypatch.setenv("TERM", term)
    stream = Gone()
    monkeypatch.setattr(stream, "isatty", lambda: True)
    with Display(stream) as display:
        display.update(so_far(RUNNING, notes=("A note.",)))
        display.update(so_far(DONE))
    assert display.moved
