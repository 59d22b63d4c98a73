# SPDX-License-Identifier: Apache-2.0
"""A search's progress below a notebook's cell: one output that is written over while trials run.

Only this module imports IPython, which every kernel of a notebook has.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from html import escape
from typing import Any

from kfp_katib.report.silence import Silence
from kfp_katib.report.so_far import active_line, resumed, status_line, trial_line
from kfp_katib.results import Progress, Trial

EVERY_SECONDS = 1.0
"""How often it is written over while nothing changes, so that what running trials report is seen."""

AT_MOST_SECONDS = 0.2
"""Changes that come faster than this are shown together: a notebook keeps up with few of them."""


class Cell:
    """Shows what an engine reports below the cell that runs.

    Args:
        clock: A monotonic clock, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._drawn = 0.0
        self._handle: Any = None
        self._progress: Progress | None = None
        self._failure: Trial | None = None
        self._lock = threading.Lock()
        self._silence = Silence(self._draw, EVERY_SECONDS)

    def begin(self, progress: Progress) -> None:
        """Say how far an earlier run got."""
        if before := resumed(progress, watched=False):
            self.note(before)

    def note(self, text: str) -> None:
        """Say a sentence."""
        print(text)

    def update(self, progress: Progress) -> None:
        """Take what is shown from now on."""
        self._progress = progress
        self._failure = next((each for each in reversed(progress.changed) if each.failed), self._failure)
        if self._handle is None or self._clock() - self._drawn >= AT_MOST_SECONDS:
            self._draw()
        self._silence.begin()

    def close(self) -> None:
        """Leave what was reached last."""
        self._silence.close()
        self._draw()

    def _draw(self) -> None:
        from IPython.display import display

        with self._lock:
            if self._progress is None:
                return
            shown = Shown(self._progress, self._failure)
            self._drawn = self._clock()
            if self._handle is None:
                self._handle = display(shown, display_id=True)  # type: ignore[no-untyped-call]
            else:
                self._handle.update(shown)


class Shown:
    """How far a search is, as text and as HTML.

    Args:
        progress: How far it is.
        failure: The trial that failed last, if one did.
    """

    def __init__(self, progress: Progress, failure: Trial | None = None) -> None:
        now = datetime.now(UTC)
        active = active_line(progress, now=now)
        self._done = progress.completed, progress.experiment.max_trial_count
        self._lines = [
            status_line(progress, now=now),
            *([active] if active else []),
            *([trial_line(failure, progress)] if failure else []),
        ]

    def __repr__(self) -> str:
        return "\n".join(self._lines)

    def _repr_html_(self) -> str:
        """A bar, where there is a budget, and the same lines."""
        done, total = self._done
        bar = f'<progress value="{done}" max="{total}"></progress> ' if total else ""
        first, *others = map(escape, self._lines)
        below = "".join(f'<div style="opacity:.75;font-size:.9em">{line}</div>' for line in others)
        return f"<div>{bar}{first}</div>{below}"
