# SPDX-License-Identifier: Apache-2.0
"""Why trials failed, read while their pods exist: with `retain: false` Katib deletes them within a second.

So a log is fetched when the kubelet reports the container's end, which is before Katib calls the trial
failed. It takes one request per failed trial, in a separate thread: the search does not wait for it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace

from kfp_katib.engines.katib.api import resources
from kfp_katib.engines.katib.api.client import Cluster
from kfp_katib.engines.katib.api.resources import COLLECTORS, TRIAL_LABEL, Object
from kfp_katib.engines.katib.diagnosis.explain import Event, latest_warning
from kfp_katib.errors import ClusterError
from kfp_katib.experiment import Experiment
from kfp_katib.results import Trial
from kfp_katib.trial.metrics import missing_in_lines

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
    """How a trial's pod ended: the primary container's exit code and reason, and what else failed."""

    pod: str
    exit_code: int | None = None
    cause: str = ""


@dataclass(slots=True)
class TrialLogs:
    """What was read about failed trials. Open while a search lasts; close it.

    Attributes:
        cluster: Where the pods are.
        experiment: The search.
    """

    cluster: Cluster
    experiment: Experiment
    _readers: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(2, "trial-logs"))
    _endings: dict[str, Ending] = field(default_factory=dict)
    _logs: dict[str, Future[str]] = field(default_factory=dict)

    def close(self) -> None:
        """Drop what has not been read yet."""
        self._readers.shutdown(wait=False, cancel_futures=True)

    def look(self, pod: Object) -> None:
        """Look at a pod; if it failed, fetch the end of its log, once."""
        trial = pod["metadata"]["labels"].get(TRIAL_LABEL)
        if trial is None or not resources.failed(pod):
            return
        known = self._endings.get(trial)
        self._endings[trial] = ending(pod, self._primary)
        if known is None or known.pod != resources.name(pod):
            self._read(trial, pod)

    def look_again(self, trial: str, pods: Sequence[Object]) -> None:
        """Fetch the log of a trial that completed without metrics, which `look` skips: no pod failed."""
        if trial not in self._logs and pods:
            self._endings[trial] = ending(pods[-1], self._primary)
            self._read(trial, pods[-1])

    def settle(self) -> None:
        """Wait briefly for the logs that are being read."""
        wait(self._logs.values(), timeout=_WAIT_SECONDS)

    def explained(self, trial: Trial, events: Sequence[Event] = ()) -> Trial:
        """The trial with what was found out about it."""
        if trial.state == "Succeeded":  # a Job with a backoffLimit may have had a failed pod before
            return replace(trial, exit_code=0)
        end, log = self._endings.get(trial.name), self._logs.get(trial.name)
        said = latest_warning(trial.name, events) if trial.failed else ""
        if said.partition(":")[0] in trial.reason:
            said = ""  # Katib has quoted it
        if log and log.done() and not log.cancelled():
            trial = replace(trial, log_tail=log.result())
        parts = (trial.message, end.cause if end else "", said)
        message = ". ".join(part.rstrip(".") for part in parts if part)
        if why := why_no_metric(self.experiment, trial):
            message = f"{message.rstrip('.')}. {why}"
        return replace(trial, exit_code=end.exit_code if end else trial.exit_code, message=message)

    @property
    def _primary(self) -> str:
        return self.experiment.trial_template.primary_container

    def _read(self, trial: str, pod: Object) -> None:
        self._logs[trial] = self._readers.submit(self._tail, resources.name(pod), self._speaker(pod))

    def _speaker(self, pod: Object) -> str:
        """The container whose log holds what the training wrote.

        If the collector reads standard output, Katib redirects that to a file: the primary container's log
        is empty, and the collector's repeats it.
        """
        collector = next((name for name in resources.containers(pod) if name in COLLECTORS), "")
        return collector if self.experiment.collector.kind == "StdOut" and collector else self._primary

    def _tail(self, pod: str, container: str) -> str:
        try:
            return tail(self.cluster.log(pod, container, lines=2 * LOG_LINES))
        except ClusterError as error:
            logger.warning("the log of pod %s cannot be read: %s", pod, error)
            return ""


def ending(pod: Object, primary: str) -> Ending:
    """How a pod ended."""
    ends = resources.terminated(pod)
    own, parts = ends.get(primary, {}), []
    if own and (own.get("exitCode") or own.get("reason") not in (None, "Completed", "Error")):
        parts.append(f"Container '{primary}' exited {own.get('exitCode')} ({own.get('reason')})")
    parts += [
        f"container '{name}' exited {ends[name]['exitCode']}"
        for name in resources.containers(pod)
        if name != primary and ends.get(name, {}).get("exitCode")
    ]
    if resources.status(pod).get("reason"):  # the pod as a whole: Evicted, DeadlineExceeded, NodeLost
        parts.append(f"{pod['status']['reason']}: {pod['status'].get('message', '')}")
    return Ending(resources.name(pod), own.get("exitCode"), "; ".join(parts))


def tail(log: str) -> str:
    """The last lines that the training wrote, without those that Katib's collector adds to every log."""
    lines = [_KLOG.sub("", line) for line in log.splitlines()]
    return "\n".join([line for line in lines if not line.startswith(_COLLECTORS_OWN)][-LOG_LINES:])


def why_no_metric(experiment: Experiment, trial: Trial) -> str:
    """Why a trial has no metrics, if a line at the end of its log holds the metric's name.

    Katib says only that it has none; earlier lines of the log are not known.
    """
    if trial.state != "MetricsUnavailable":
        return ""
    return missing_in_lines.in_log(experiment.collector, experiment.objective.metric, trial.log_tail)
