# SPDX-License-Identifier: Apache-2.0
"""Between Katib's verdict and ours: late news is waited for, trials that nobody needs any more are ended.

Four watches run side by side, so the verdict can arrive before the last trial's metrics. And Katib lets
trials run on after its verdict (katib#855, katib#2061), where they only cost money.
"""

from __future__ import annotations

import logging

from kfp_katib.engines.katib import pods, read
from kfp_katib.engines.katib.kinds import TRIALS
from kfp_katib.engines.katib.session import Session
from kfp_katib.errors import ClusterError
from kfp_katib.results import ACTIVE

logger = logging.getLogger(__name__)

_CATCH_UP_SECONDS = 5.0
_REPORT_SECONDS = 30.0


def settle(session: Session, *, end_the_rest: bool = True) -> None:
    """Bring the mirror up to Katib's verdict, let trials report that have finished, end the others."""
    if not session.wait_until(lambda: not _behind(session), _CATCH_UP_SECONDS):
        logger.warning(
            "trials that Katib counts as completed are unknown to us: %s", sorted(_behind(session))
        )
    if _reporting(session):
        session.wait_until(lambda: not _reporting(session), _REPORT_SECONDS)
    for name in _active(session) if end_the_rest else ():
        _end(session, name)


def _behind(session: Session) -> set[str]:
    """What the Experiment's status knows and the other watches have not told yet."""
    mirror = session.mirror
    experiment = mirror.experiment or {}
    left = set(read.counted(experiment)) - {read.name(each) for each in mirror.trials if _completed(each)}
    if read.verdict(experiment).message == "Suggestion has failed":
        failed = "Failed" in read.true_conditions(mirror.suggestion or {})
        left |= set() if failed else {"suggestion"}
    return left


def _active(session: Session) -> list[str]:
    return [read.name(each) for each in session.mirror.trials if not _completed(each)]


def _reporting(session: Session) -> list[str]:
    """The active trials whose training has ended well: only their metrics are on the way."""
    primary = session.experiment.trial_template.primary_container
    return [name for name in _active(session) if _has_ended_well(session, name, primary)]


def _has_ended_well(session: Session, name: str, primary: str) -> bool:
    ends = (pods.terminated(pod, primary) for pod in session.mirror.pods(name))
    return any(end is not None and end.get("exitCode") == 0 for end in ends)


def _end(session: Session, name: str) -> None:
    session.ended.add(name)
    try:
        session.cluster.delete(TRIALS, name)
        logger.info("trial %s still ran after the verdict: ended", name)
    except ClusterError as error:
        logger.warning("trial %s runs on after the verdict and cannot be ended: %s", name, error)


def _completed(trial: read.Object) -> bool:
    return read.trial_state(trial) not in ACTIVE
