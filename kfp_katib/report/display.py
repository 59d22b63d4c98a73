# SPDX-License-Identifier: Apache-2.0
"""A search's progress: drawn on a terminal, line by line elsewhere, as events for programs, or not at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Protocol, Self, TextIO

from kfp_katib.report.streams import is_terminal, patient
from kfp_katib.results import Progress


class View(Protocol):
    """One way to show progress."""

    def begin(self, progress: Progress, /) -> None:
        """Show where the search begins, before its first change."""

    def note(self, text: str, /) -> None:
        """Show a sentence."""

    def update(self, progress: Progress, /) -> None:
        """Show a change."""

    def close(self) -> None:
        """Show nothing any more."""


class Display:
    """Shows what an engine reports; pass `update` as its `on_update`. Closing it leaves the terminal clean.

    Args:
        stream: Where to write; None for stderr.
        watched: Whether the search is only watched: earlier trials are then not called an earlier run.
        view: Another way to show it, opened at the first change; by default `on_stream` chooses.
    """

    def __init__(
        self,
        stream: TextIO | None = None,
        *,
        watched: bool = False,
        view: Callable[[], View] | None = None,
    ) -> None:
        self._open = view or (lambda: on_stream(stream or sys.stderr, watched=watched))
        self._view: View | None = None
        self.moved = False
        """Whether any trial has changed; none has in a search that had its verdict before."""
        self.said: tuple[str, ...] = ()
        """The notes that it has shown."""

    def __enter__(self) -> Self:
        """Open; nothing is shown before the first change."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        if self._view:
            self._view.close()

    def update(self, progress: Progress) -> None:
        """Show a change, and before it the notes that are new."""
        self.moved = self.moved or bool(progress.changed)
        if self._view is None:
            self._view = self._open()
            self._view.begin(progress)
        new = [note for note in progress.notes if note not in self.said]
        for note in new:
            self._view.note(note)
        self.said += tuple(new)
        self._view.update(progress)


def on_stream(
    stream: TextIO | None, *, watched: bool = False, environment: Mapping[str, str] = os.environ
) -> View:
    """The view for people: a region of a terminal that can be written over, otherwise lines.

    Args:
        stream: Where to write, such as stderr; None where this process has none.
        watched: Whether the search is only watched: earlier trials are then not called an earlier run.
        environment: The caller's, whose `TERM` says what the terminal can do.
    """
    if is_terminal(stream) and environment.get("TERM", "dumb") not in ("dumb", "unknown"):
        from kfp_katib.report.region import Region

        return Region(stream, watched=watched)
    from kfp_katib.report.plain_lines import Lines

    return Lines(lines_to(stream), watched=watched)


def lines_to(stream: TextIO | None) -> Callable[[str], None]:
    """Writes a line at a time; a pipe that nobody reads any more does not end the search."""
    if stream is None:
        return lambda _: None
    out = patient(stream)

    def say(line: str) -> None:
        out.write(f"{line}\n")
        out.flush()

    return say
