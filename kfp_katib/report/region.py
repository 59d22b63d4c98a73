# SPDX-License-Identifier: Apache-2.0
"""A search's progress on a terminal: lines at its bottom that are drawn anew, with all other ones above them.

Only this module imports rich, and only once the first trials run.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TextIO

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.control import Control
from rich.live import Live
from rich.live_render import LiveRender
from rich.segment import Segment
from rich.text import Text

from kfp_katib.report.live_lines import Moment, live_lines
from kfp_katib.report.so_far import ended_line, resumed, trial_line
from kfp_katib.report.streams import Above, patient
from kfp_katib.results import Progress, Trial
from kfp_katib.results.brief import duration, legible

logger = logging.getLogger(__name__)

PER_SECOND = 2
"""How often it is drawn."""


class Region:
    """The lower lines of a terminal while a search runs. The search never waits for them to be drawn.

    Args:
        stream: The terminal.
        watched: Whether the search is only watched: earlier trials are then not called an earlier run.
        clock: A monotonic clock, in seconds.
    """

    def __init__(
        self, stream: TextIO, *, watched: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._watched = watched
        self._clock = clock
        self._began = clock()
        self._progress: Progress | None = None
        self._failure: Trial | None = None
        self._reported: dict[str, None] = {}
        self._console = _Console(file=patient(stream), highlight=False, markup=False, emoji=False)
        self._above = Above(stream, self._print)
        self._live = Live(
            get_renderable=self._drawn,
            console=self._console,
            refresh_per_second=PER_SECOND,
            transient=True,
            redirect_stdout=False,  # Above does it, for logging as well
            redirect_stderr=False,
        )
        self._live._live_render = _Reflowed(self._console)

    def begin(self, progress: Progress) -> None:
        """Print how far an earlier run got, and draw the lines from now on."""
        if before := resumed(progress, watched=self._watched):
            self.note(before)
        self._progress = progress
        self._above.begin()
        self._live.start(refresh=True)

    def note(self, text: str) -> None:
        """Print a sentence above."""
        self._print(legible(text))

    def update(self, progress: Progress) -> None:
        """Take what is drawn from now on."""
        self._progress = progress
        for trial in progress.changed if logger.isEnabledFor(logging.INFO) else ():
            logger.info("%s", trial_line(trial, progress))
        self._failure = next((each for each in reversed(progress.changed) if each.failed), self._failure)

    def close(self) -> None:
        """Take the lines away; one stays, which says how far the search came."""
        if self._progress is None:
            return
        self._live.stop()
        self._above.end()
        took = duration(round(self._clock() - self._began))
        self.note(f"{ended_line(self._progress)}, {took} in all")

    def _print(self, line: str) -> None:
        self._console.print(line, soft_wrap=True)

    def _drawn(self) -> RenderableType:
        if self._progress is None:
            return Text()
        for each in self._progress.active():
            self._reported |= dict.fromkeys(each.reports.metrics)
        moment = Moment(
            self._progress,
            round(self._clock() - self._began),
            datetime.now(UTC),
            tuple(self._reported),
            self._failure,
        )
        width, height = self._console.size
        lines = (Text.assemble(*line) for line in live_lines(moment, width=width, height=height))
        return Text("\n", no_wrap=True, overflow="ellipsis").join(lines)


class _Reflowed(LiveRender):
    """What is drawn, on a terminal that may have become narrower since: it breaks the lines that stand there.

    Terminals of today do so; where one cuts them off, a few lines above are drawn over.
    """

    def __init__(self, console: Console) -> None:
        super().__init__("")
        self._console = console
        self._widths: list[int] = []

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        drawn = [each for each in super().__rich_console__(console, options) if isinstance(each, Segment)]
        self._widths = [Segment.get_line_length(line) for line in Segment.split_lines(drawn)]
        yield from drawn

    def position_cursor(self) -> Control:
        """Go to the beginning of what is drawn."""
        self._count()
        return super().position_cursor()

    def restore_cursor(self) -> Control:
        """Take away what is drawn."""
        self._count()
        return super().restore_cursor()

    def _count(self) -> None:
        width = max(self._console.size.width, 1)
        if self._shape is not None:
            self._shape = width, sum(max(-(-each // width), 1) for each in self._widths)


class _Console(Console):
    """A terminal whose cursor stays visible, so that a search that is killed leaves one."""

    def show_cursor(self, show: bool = True) -> bool:
        """Do nothing."""
        return False
