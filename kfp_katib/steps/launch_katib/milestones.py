# SPDX-License-Identifier: Apache-2.0
"""How far a search is, in the step's log: one line for every trial that is done."""

from __future__ import annotations

import logging
import time

from kfp_katib.report.display import status_line
from kfp_katib.results import Progress

_log = logging.getLogger(__name__)


class Milestones:
    """Logs what an engine reports; the engines themselves say what became of each trial."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._done: int | None = None

    def update(self, progress: Progress) -> None:
        """Take a change; say something where it completed a trial."""
        known = progress.earlier if self._done is None else self._done
        self._done = progress.completed
        if progress.completed > known:
            _log.info("%s", status_line(progress, seconds=time.monotonic() - self._started))
