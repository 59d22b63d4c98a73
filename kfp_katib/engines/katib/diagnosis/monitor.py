# SPDX-License-Identifier: Apache-2.0
"""Warns of what has blocked for a while, and ends a search that has made no progress for too long.

Time is passed in, so that a test can simulate years in microseconds.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from kfp_katib.engines.katib.api.cache import Cache
from kfp_katib.engines.katib.api.client import ONCE, Cluster
from kfp_katib.engines.katib.api.resources import EXPERIMENTS
from kfp_katib.engines.katib.diagnosis.causes import CAUSES
from kfp_katib.engines.katib.diagnosis.explain import explain
from kfp_katib.engines.katib.diagnosis.stall import Symptom, symptoms, working
from kfp_katib.errors import ClusterError

logger = logging.getLogger(__name__)

FLICKER_SECONDS = 30.0
"""A symptom that is gone for less still counts: a crashing container runs briefly between crashes."""


@dataclass(slots=True)
class _Seen:
    """When a symptom was first and last seen, and whether it has been reported."""

    first: float
    last: float
    said: bool = False


@dataclass(slots=True)
class History:
    """Which symptoms were seen when, in seconds of any monotonic clock."""

    _seen: dict[tuple[str, str, int], _Seen] = field(default_factory=dict)
    _idle_since: float | None = None
    _working_since: float | None = None
    _looked: float | None = None

    def look(self, found: Sequence[Symptom], *, working: bool, now: float) -> list[Symptom]:
        """Record the present symptoms; return those that have lasted long enough to matter.

        While the API server does not answer, no time passes for any other symptom.
        """
        if any(each.cause == "unreachable" for each in found):
            self._stand_still(now)
        self._looked = now
        for each in found:
            self._seen.setdefault(each.key, _Seen(now, now)).last = now
        self._seen = {key: seen for key, seen in self._seen.items() if now - seen.last <= FLICKER_SECONDS}
        lasting = [
            each for each in found if now - self._seen[each.key].first >= CAUSES[each.cause].grace_seconds
        ]
        self._count_idleness(lasting, working=working, now=now)
        return lasting

    def unsaid(self, lasting: Sequence[Symptom]) -> list[Symptom]:
        """The lasting symptoms that have not been reported yet."""
        return list({each.key: each for each in lasting if not self._seen[each.key].said}.values())

    def mark_said(self, said: Sequence[Symptom]) -> None:
        """Mark symptoms as reported."""
        for each in said:
            self._seen[each.key].said = True

    def idle_seconds(self, now: float) -> float:
        """How long something has blocked while no trial was computing."""
        return 0.0 if self._idle_since is None else now - self._idle_since

    def progress(self) -> None:
        """Note that a trial has completed: whatever blocks does not block everything."""
        self._idle_since = None

    def _stand_still(self, now: float) -> None:
        passed = 0.0 if self._looked is None else now - self._looked
        for key, seen in self._seen.items():
            if key[0] != "unreachable":
                seen.first, seen.last = seen.first + passed, seen.last + passed

    def _count_idleness(self, lasting: Sequence[Symptom], *, working: bool, now: float) -> None:
        if not working:
            self._working_since = None
            if lasting and self._idle_since is None:
                self._idle_since = min(self._seen[each.key].first for each in lasting)
            return
        self._working_since = now if self._working_since is None else self._working_since
        if now - self._working_since > FLICKER_SECONDS:
            self._idle_since = None


@dataclass(slots=True)
class StallMonitor:
    """Watches one search for stalls.

    Attributes:
        cluster: Where it runs.
        cache: What is known of it.
        primary: The container whose metrics count.
        limit_seconds: How long something may block while no trial is computing.
    """

    cluster: Cluster
    cache: Cache
    primary: str
    limit_seconds: float
    _history: History = field(default_factory=History)
    _completed: int = 0

    def check(self, now: float) -> list[str]:
        """Warn of anything that newly blocks the search.

        Args:
            now: Seconds of a monotonic clock.

        Returns:
            What has blocked for too long, the cause before what follows from it; empty if nothing has.
        """
        completed = self.cache.completed
        if completed > self._completed:
            self._history.progress()
        self._completed = completed
        server = self.cluster.now()
        busy = working(self.cache, self.primary, server)
        lasting = self._history.look(symptoms(self.cache, self.primary, server), working=busy, now=now)
        if self._is_news(lasting, now) and (silent := self._silent_server()):
            # All that we know is old, and the watches have not noticed yet.
            lasting = self._history.look([silent], working=busy, now=now)
        if new := self._history.unsaid(lasting):
            self._history.mark_said(new)
            for text in explain(self.cluster, self.cache, new):
                logger.warning("%s", text)
        return explain(self.cluster, self.cache, lasting) if lasting and self._is_over(now) else []

    def _is_news(self, lasting: Sequence[Symptom], now: float) -> bool:
        """Whether there is something to report that relies on the watches."""
        rests = [each for each in lasting if each.cause != "unreachable"]
        return bool(rests) and (bool(self._history.unsaid(rests)) or self._is_over(now))

    def _is_over(self, now: float) -> bool:
        return self._history.idle_seconds(now) >= self.limit_seconds

    def _silent_server(self) -> Symptom | None:
        """The symptom that the API server does not answer; None if it does."""
        try:
            with self.cluster.another(ONCE) as connection:
                connection.get(EXPERIMENTS, self.cache.name, only_metadata=True)
        except ClusterError as error:
            if error.status == 0 or error.status >= 500:
                return Symptom("unreachable", EXPERIMENTS.plural, str(error))
        return None
