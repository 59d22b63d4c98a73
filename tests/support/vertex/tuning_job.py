# SPDX-License-Identifier: Apache-2.0
"""One hyperparameter tuning job: what a client sees of it, and the processes of its trials.

States are those of https://cloud.google.com/vertex-ai/docs/reference/rest/v1/JobState and of
https://cloud.google.com/vertex-ai/docs/reference/rest/v1/Trial. What becomes of a trial that is stopped with
its job is not documented; here it stays ACTIVE.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from subprocess import Popen

from tests.support.vertex import trials
from tests.support.vertex.request import Json
from tests.support.vertex.suggestions import Assignment

RUNNING, CANCELLING = "JOB_STATE_RUNNING", "JOB_STATE_CANCELLING"
SUCCEEDED, FAILED, CANCELLED = "JOB_STATE_SUCCEEDED", "JOB_STATE_FAILED", "JOB_STATE_CANCELLED"
FINAL = (SUCCEEDED, FAILED, CANCELLED)


@dataclass
class TuningJob:
    """A job that runs, or has run.

    Attributes:
        document: The message that describes it, as REST shows it.
        folder: Where its trials run.
        suggestions: The values of the trials that are still to come.
        processes: The trials that run, by their ids.
    """

    document: Json
    folder: Path
    suggestions: Iterator[Assignment]
    processes: dict[str, Popen[bytes]] = field(default_factory=dict)

    @property
    def state(self) -> str:
        """The state of the job."""
        return str(self.document["state"])

    @property
    def number(self) -> str:
        """The last part of its name."""
        return str(self.document["name"]).rpartition("/")[2]

    @property
    def failed_trials(self) -> int:
        """How many trials have failed."""
        return sum(trial["state"] == "INFEASIBLE" for trial in self.document["trials"])

    def enter(self, state: str, *, error: Json | None = None) -> None:
        """Go into a state; once it is final, nothing changes it."""
        if self.state in FINAL:
            return
        self.document |= {"state": state, "updateTime": now()} | ({"error": error} if error else {})
        if state in FINAL:
            self.document["endTime"] = now()

    def begin(self) -> Json | None:
        """Add the next trial; None where none is left, or the job no longer runs."""
        begun = self.document["trials"]
        if self.state != RUNNING or len(begun) >= self.document["maxTrialCount"]:
            return None
        assignment = next(self.suggestions, None)
        if assignment is None:
            return None
        given = [{"parameterId": name, "value": value} for name, value in assignment.items()]
        trial = {"id": str(len(begun) + 1), "state": "ACTIVE", "startTime": now(), "parameters": given}
        begun.append(trial)
        return trial

    def start(self, trial: Json, manner: trials.Manner, more: dict[str, str]) -> Popen[bytes] | None:
        """Start a trial's process with `more` variables; None where the job no longer runs."""
        if self.state != RUNNING:
            return None
        spec = self.document["trialJobSpec"]
        container = spec["workerPoolSpecs"][0]["containerSpec"]
        output = spec.get("baseOutputDirectory", {}).get("outputUriPrefix", "")
        folder = self.place(trial)
        folder.mkdir(parents=True, exist_ok=True)
        variables = trials.environment(container, self.number, trial["id"], output, self.metrics(trial))
        flags = manner.flags({each["parameterId"]: each["value"] for each in trial["parameters"]})
        process = trials.start(trials.command(container, flags), variables | more, folder)
        self.processes[trial["id"]] = process
        return process

    def end(self, trial: Json, code: int) -> None:
        """Take in what a trial left; one that was stopped with the job left nothing."""
        del self.processes[trial["id"]]
        if self.state != RUNNING:
            return
        measured = None if code else trials.measurement(self.document["studySpec"], self.metrics(trial))
        trial["endTime"] = now()
        if measured:
            trial |= {"state": "SUCCEEDED", "finalMeasurement": measured}
        else:
            why = (
                f"The replica workerpool0-0 exited with a non-zero status of {code}."
                if code
                else "No metric."
            )
            trial |= {"state": "INFEASIBLE", "infeasibleReason": why}
        if 0 < self.document.get("maxFailedTrialCount", 0) <= self.failed_trials:
            self.enter(FAILED, error={"code": 3, "message": "Too many trials have failed."})

    def conclude(self) -> None:
        """Go into the state in which a job without trials that run ends.

        Where maxFailedTrialCount is 0, Vertex AI decides how many trials must fail; here all of them must.
        """
        if self.state == CANCELLING:
            self.enter(CANCELLED, error={"code": 1, "message": "The job was cancelled."})
        elif self.failed_trials == len(self.document["trials"]):
            self.enter(FAILED, error={"code": 3, "message": "Every trial has failed."})
        else:
            self.enter(SUCCEEDED)

    def place(self, trial: Json) -> Path:
        """The folder in which a trial runs."""
        return self.folder / str(trial["id"])

    def metrics(self, trial: Json) -> Path:
        """The file of a trial's metrics."""
        return self.place(trial) / "output.metrics"


def now() -> str:
    """The time as Google writes it."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")
