# SPDX-License-Identifier: Apache-2.0
"""What blocks is said at once as a warning, and ends the search when nothing else goes on for too long."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from kfp_katib.cluster.blame import ask, first, sentence, warnings
from kfp_katib.cluster.outcome import outcome, where_to_look
from kfp_katib.cluster.session import Session
from kfp_katib.cluster.stall import Sign, signs, working
from kfp_katib.cluster.watchdog import Watchdog
from kfp_katib.errors import Stalled

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Alarm:
    """Watches over one session.

    Attributes:
        session: The search.
        limit_seconds: For how long something may block while no trial is computed.
    """

    session: Session
    limit_seconds: float
    _watchdog: Watchdog = field(default_factory=Watchdog)
    _completed: int = 0

    def check(self, now: float) -> None:
        """Warn of what newly blocks.

        Args:
            now: Seconds of a clock that only goes forward.

        Raises:
            Stalled: It has blocked for too long.
        """
        mirror = self.session.mirror
        primary = self.session.experiment.trial_template.primary_container
        completed = mirror.completed
        if completed > self._completed:
            self._watchdog.progress()
        self._completed = completed
        lasting = self._watchdog.look(signs(mirror, primary), working=working(mirror, primary), now=now)
        if new := self._watchdog.unsaid(lasting):
            for text in self._sentences(new):
                logger.warning("%s", text)
        if lasting and self._watchdog.idle_seconds(now) >= self.limit_seconds:
            raise Stalled(self._message(lasting), outcome(self.session))

    def _sentences(self, found: Sequence[Sign]) -> list[str]:
        cluster, mirror = self.session.cluster, self.session.mirror
        events = warnings(cluster, mirror.name)
        return [sentence(sign, events, ask(cluster, sign, mirror)) for sign in first(found)]

    def _message(self, lasting: Sequence[Sign]) -> str:
        cause, *others = self._sentences(lasting)
        head = (
            f"Experiment '{self.session.submitted.name}' in namespace '{self.session.cluster.namespace}' "
            f"has not gone on for {self.limit_seconds:g} s: {cause}"
        )
        return "\n".join([head, *(f"  also: {other}" for other in others), where_to_look(self.session)])
