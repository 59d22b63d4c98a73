# SPDX-License-Identifier: Apache-2.0
"""Why trials failed, read while their pods live: with `retain: false` Katib deletes them within a second.

So a log is fetched when the kubelet reports the container's end, which is before Katib calls the trial
failed. One request for a failed trial, in a thread of its own: the search does not wait for it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import Any

from kfp_katib.engines.katib import pods, read
from kfp_katib.engines.katib.blame import Event, said_of
from kfp_katib.engines.katib.connect import Cluster
from kfp_katib.engines.katib.kinds import TRIAL_LABEL
from kfp_katib.errors import ClusterError
from kfp_katib.results import Trial

logger = logging.getLogger(__name__)

LOG_LINES = 20
_WAIT_SECONDS = 10.0
# The collector repeats each line of the training behind a header of klog (Google's logging format), and
# frames it with lines of its own.
_KLOG = re.compile(r"^[IWEF]\d{4} [\d:.]+\s+\d+ \S+?:\d+\] ")
_COLLECTORS_OWN = (
    "Trial Name: ",
    "Metrics reported. :",
    "metric_logs:{",
    "Failed to wait for worker container: training container is failed.",
)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a trial's pod ended: the primary container's exit code and reason, and who else failed."""

    pod: str
    exit_code: int | None = None
    cause: str = ""


@dataclass(slots=True)
class Evidence:
    """What was read of failed trials. Open while a search lasts; close it.

    Attributes:
        cluster: Where the pods are.
        primary: The container whose exit code is the trial's.
        stdout: Whether the collector reads standard output: then Katib sends it to a file, the primary
            container's log is empty, and the collector's repeats it.
    """

    cluster: Cluster
    primary: str
    stdout: bool
    _readers: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(2, "evidence"))
    _endings: dict[str, Ending] = field(default_factory=dict)
    _logs: dict[str, Future[str]] = field(default_factory=dict)

    def close(self) -> None:
        """Forget what has not been read yet."""
        self._readers.shutdown(wait=False, cancel_futures=True)

    def look(self, pod: Mapping[str, Any]) -> None:
        """Take note of a pod; where it failed, fetch the end of its log, once."""
        trial = pod["metadata"]["labels"].get(TRIAL_LABEL)
        if trial is None or not pods.failed(pod):
            return
        known = self._endings.get(trial)
        self._endings[trial] = ending(pod, self.primary)
        if known is None or known.pod != read.name(pod):
            self._read(trial, pod)

    def look_again(self, trial: str, found: Sequence[Mapping[str, Any]]) -> None:
        """A trial completed without metrics: its pod did not fail, so its log has not been read."""
        if trial not in self._logs and found:
            self._endings[trial] = ending(found[-1], self.primary)
            self._read(trial, found[-1])

    def settle(self) -> None:
        """Wait a little for the logs that are being read."""
        wait(self._logs.values(), timeout=_WAIT_SECONDS)

    def of(self, trial: Trial, events: Sequence[Event] = ()) -> Trial:
        """The trial with what was found out about it."""
        if trial.state == "Succeeded":  # what an earlier pod of a Job with a backoffLimit did is forgotten
            return replace(trial, exit_code=0)
        end = self._endings.get(trial.name)
        said = said_of(trial.name, events) if trial.state in ("Failed", "MetricsUnavailable") else ""
        log = self._logs.get(trial.name)
        if said.partition(":")[0] in trial.reason:
            said = ""  # Katib has quoted it
        extra = [part for part in (end.cause if end else "", said) if part]
        return replace(
            trial,
            exit_code=end.exit_code if end else trial.exit_code,
            message=". ".join(part.rstrip(".") for part in (trial.message, *extra) if part),
            log_tail=log.result() if log and log.done() and not log.cancelled() else trial.log_tail,
        )

    def _read(self, trial: str, pod: Mapping[str, Any]) -> None:
        self._logs[trial] = self._readers.submit(self._tail, read.name(pod), self._speaker(pod))

    def _speaker(self, pod: Mapping[str, Any]) -> str:
        """Whose log holds what the training wrote."""
        collector = next((name for name in pods.containers(pod) if name in pods.COLLECTORS), "")
        return collector if self.stdout and collector else self.primary

    def _tail(self, pod: str, container: str) -> str:
        try:
            text = self.cluster.log(pod, container, lines=2 * LOG_LINES)
        except ClusterError as error:
            logger.warning("the log of pod %s cannot be read: %s", pod, error)
            return ""
        return tail(text)


def ending(pod: Mapping[str, Any], primary: str) -> Ending:
    """How a pod ended."""
    end = pods.terminated(pod, primary) or {}
    parts = []
    if end and (end.get("exitCode") or end.get("reason") not in (None, "Completed", "Error")):
        parts.append(f"Container '{primary}' exited {end.get('exitCode')} ({end.get('reason')})")
    parts += [
        f"container '{name}' exited {other['exitCode']}"
        for name in pods.containers(pod)
        if name != primary and (other := pods.terminated(pod, name)) and other.get("exitCode")
    ]
    if read.status(pod).get("reason"):  # the pod as a whole: Evicted, DeadlineExceeded, NodeLost
        parts.append(f"{pod['status']['reason']}: {pod['status'].get('message', '')}")
    return Ending(read.name(pod), end.get("exitCode"), "; ".join(parts))


def tail(log: str) -> str:
    """The last lines that the training wrote, without those that Katib's collector adds to every log."""
    lines = [_KLOG.sub("", line) for line in log.splitlines()]
    return "\n".join([line for line in lines if not line.startswith(_COLLECTORS_OWN)][-LOG_LINES:])
