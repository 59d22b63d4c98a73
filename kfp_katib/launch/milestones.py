# SPDX-License-Identifier: Apache-2.0
"""How far a search is, in the step's log: one line for every trial that is done."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime

from kfp_katib.progress import status_line
from kfp_katib.results import Result

_log = logging.getLogger(__name__)


class Milestones:
    """Logs what an engine reports; the engines themselves say what became of each trial.

    What an earlier attempt of the step had done already does not count for the time that is left.
    """

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._since = datetime.now(UTC)
        self._before: int | None = None
        self._done = 0

    def update(self, result: Result) -> None:
        """Take a change; say something where it completed a trial."""
        done = result.completed
        if self._before is None:
            earlier = [trial for trial in result.trials if trial.ended and trial.ended < self._since]
            self._before = self._done = len(earlier)
        if done > self._done:
            self._done = done
            seconds = time.monotonic() - self._started
            _log.info("%s", status_line(result, seconds=seconds, before=self._before))
