# SPDX-License-Identifier: Apache-2.0
"""A search's progress where there is no terminal: one line a change, and one every minute otherwise."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

from kfp_katib.report.silence import Silence
from kfp_katib.report.so_far import active_line, resumed, status_line, trial_line
from kfp_katib.results import Progress

EVERY_SECONDS = 60.0
"""Without a change there is a line after this time, so that nobody takes a long trial for a dead search."""


class Lines:
    """Says what an engine reports, line by line.

    Args:
        say: Takes a line without its end; called from two threads, never at once.
        watched: Whether the search is only watched: earlier trials are then not called an earlier run.
        every_seconds: How long nothing is said while nothing changes; None for EVERY_SECONDS.
    """

    def __init__(
        self, say: Callable[[str], None], *, watched: bool = False, every_seconds: float | None = None
    ) -> None:
        self._say = say
        self._watched = watched
        self._lock = threading.Lock()
        self._progress: Progress | None = None
        self._silence = Silence(self._still, every_seconds or EVERY_SECONDS)

    def wait(self) -> None:
        """Say from time to time that nothing has begun yet."""
        self._silence.begin()

    def begin(self, progress: Progress) -> None:
        """Say how far an earlier run got."""
        if before := resumed(progress, watched=self._watched):
            self.note(before)

    def note(self, text: str) -> None:
        """Say a sentence."""
        with self._lock:
            self._say(text)

    def update(self, progress: Progress) -> None:
        """Say what has changed."""
        self._progress = progress
        for trial in progress.changed:
            self.note(f"{trial_line(trial, progress)}  ({status_line(progress)})")
        self._silence.begin()

    def close(self) -> None:
        """Say nothing any more."""
        self._silence.close()

    def _still(self) -> None:
        now = datetime.now(UTC)
        self.note(still_line(self._progress, now=now) if self._progress else "No trial has started yet.")


def still_line(progress: Progress, *, now: datetime) -> str:
    """One line about a search in which nothing has changed for a while."""
    active = active_line(progress, now=now)
    return status_line(progress, now=now) + (f"; {active}" if active else "")
