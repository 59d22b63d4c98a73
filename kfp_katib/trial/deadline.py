# SPDX-License-Identifier: Apache-2.0
"""activeDeadlineSeconds: how long a trial may run, in the words that Katib takes from Kubernetes.

Of the Job: `job_controller.go`, where it ends the Job. Of the pod: `active_deadline.go` of the kubelet; there
the Job may start another pod, here a trial is not repeated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from kfp_katib.errors import InputError

FIELD = "activeDeadlineSeconds"
_LONGEST = 2**63
_MESSAGES = {
    "Job": "Job was active longer than specified deadline",
    "Pod": "Pod was active on the node longer than the specified deadline",
}


@dataclass(frozen=True, slots=True)
class Deadline:
    """The end of a trial's time.

    Attributes:
        seconds: From its start.
        kind: Whose field it is.
    """

    seconds: int
    kind: Literal["Job", "Pod"]

    @property
    def reason(self) -> str:
        """Katib's reason of a trial that ran longer."""
        return f"TrialFailed. {self.kind} reason: DeadlineExceeded"

    @property
    def message(self) -> str:
        """Its message."""
        return f"Trial has failed. {self.kind} message: {_MESSAGES[self.kind]} ({self.seconds} s)"

    def had_passed(self, started: datetime | None, now: datetime) -> bool:
        """Whether a trial that began then had no time left."""
        if started is None or self.seconds >= timedelta.max.total_seconds():
            return False
        return now - started > timedelta(seconds=self.seconds)


def deadline(job: Mapping[str, Any], pod: Mapping[str, Any]) -> Deadline | None:
    """The deadline of a trial, the shorter one where both specs have one.

    Args:
        job: The Job's spec.
        pod: Its pod's.

    Raises:
        InputError: It is no number of seconds.
    """
    found = [
        Deadline(_seconds(spec[FIELD], path), kind)
        for spec, path, kind in ((job, "spec", _JOB), (pod, "spec.template.spec", _POD))
        if spec.get(FIELD) is not None
    ]
    return min(found, key=lambda each: each.seconds, default=None)


_JOB: Literal["Job"] = "Job"
_POD: Literal["Pod"] = "Pod"


def _seconds(value: Any, path: str) -> int:
    if type(value) is not int or not 0 <= value < _LONGEST:
        raise InputError(
            f"The trial's {path}.{FIELD} is {value!r}: Kubernetes takes a whole number of seconds, 0 or more."
        )
    return value
