# SPDX-License-Identifier: Apache-2.0
"""What blocks is said at once as a warning, and ends the search when nothing else goes on for too long."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from kfp_katib.engines.katib.blame import OF_CONTROLLER, first, readable, sentence, warnings
from kfp_katib.engines.katib.connect import ONCE
from kfp_katib.engines.katib.controller import why_down
from kfp_katib.engines.katib.kinds import EXPERIMENTS
from kfp_katib.engines.katib.outcome import goes_on, outcome, where_to_look
from kfp_katib.engines.katib.questions import ask
from kfp_katib.engines.katib.session import Session
from kfp_katib.engines.katib.stall import Sign, signs, working
from kfp_katib.engines.katib.watchdog import Watchdog
from kfp_katib.errors import ClusterError, Stalled

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
        completed = mirror.completed
        if completed > self._completed:
            self._watchdog.progress()
        self._completed = completed
        server = self.session.cluster.now()
        primary = self.session.experiment.trial_template.primary_container
        busy = working(mirror, primary, server)
        lasting = self._watchdog.look(signs(mirror, primary, server), working=busy, now=now)
        if self._is_news(lasting, now) and (silent := self._silent_server()):
            # All that is known is old, and the watches have not noticed yet.
            lasting = self._watchdog.look([silent], working=busy, now=now)
        if new := self._watchdog.unsaid(lasting):
            for text in self._sentences(new):
                logger.warning("%s", text)
        if lasting and self._is_over(now):
            raise Stalled(self._message(lasting), outcome(self.session))

    def _is_news(self, lasting: Sequence[Sign], now: float) -> bool:
        """Whether something is to be said that rests on what the watches told."""
        rests = [sign for sign in lasting if sign.cause != "unreachable"]
        return bool(rests) and (self._watchdog.has_unsaid(rests) or self._is_over(now))

    def _is_over(self, now: float) -> bool:
        return self._watchdog.idle_seconds(now) >= self.limit_seconds

    def _silent_server(self) -> Sign | None:
        """The sign that the API server does not answer; None where it does."""
        try:
            with self.session.cluster.another(ONCE) as line:
                line.get(EXPERIMENTS, self.session.submitted.name, only_metadata=True)
        except ClusterError as error:
            if error.status == 0 or error.status >= 500:
                return Sign("unreachable", EXPERIMENTS.plural, str(error))
        return None

    def _sentences(self, found: Sequence[Sign]) -> list[str]:
        cluster, mirror = self.session.cluster, self.session.mirror
        events = warnings(cluster, mirror.name)
        suspect = mirror.experiment is not None and any(sign.cause in OF_CONTROLLER for sign in found)
        down = why_down(cluster, mirror.experiment or {}) if suspect else ""
        blind = suspect and not events and not readable(cluster)
        return [
            sentence(sign, events, ask(cluster, sign, mirror), down=down, blind=blind)
            for sign in first(found)
        ]

    def _message(self, lasting: Sequence[Sign]) -> str:
        cause, *others = self._sentences(lasting)
        head = (
            f"Experiment '{self.session.submitted.name}' in namespace '{self.session.cluster.namespace}' "
            f"has not gone on for {self.limit_seconds:g} s: {cause}"
        )
        also = (f"  also: {other}" for other in others)
        return "\n".join([head, *also, goes_on(self.session), where_to_look(self.session)])
