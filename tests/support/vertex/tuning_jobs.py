# SPDX-License-Identifier: Apache-2.0
"""What JobService does with hyperparameter tuning jobs, whichever way it was asked.

https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.hyperparameterTuningJobs
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Condition, Thread

from tests.support.vertex import trials
from tests.support.vertex.bucket import MOUNT, Bucket
from tests.support.vertex.request import Json, RequestRefused, check
from tests.support.vertex.suggestions import suggestions
from tests.support.vertex.tuning_job import CANCELLING, FINAL, RUNNING, TuningJob, now

COLLECTION = "hyperparameterTuningJobs"


@dataclass
class TuningJobs:
    """The jobs of all projects and locations.

    Attributes:
        folder: Where trials run, each in `<number of the job>/<id of the trial>`.
        bucket: What a trial sees of Cloud Storage.
        seed: Of what is drawn at random: the same seed gives the same trials.
        manner: How a trial gets its arguments.
        restarts: How often a container is started again after a failure, before its trial has failed
            (https://cloud.google.com/vertex-ai/docs/training/understanding-training-service).
        jobs: All of them by name, the oldest first.
        calls: The names of JobService's methods that were called, the first one first.
        changed: Notified at every call, and whenever a job has changed.
    """

    folder: Path
    bucket: Bucket
    seed: int = 0
    manner: trials.Manner = field(default_factory=trials.Manner)
    restarts: int = 0
    jobs: dict[str, TuningJob] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    changed: Condition = field(default_factory=Condition)

    def create(self, parent: str, request: Json) -> Json:
        """Start a job."""
        self.called("CreateHyperparameterTuningJob")
        check(request)
        job = self.put(parent, {**request, "state": RUNNING})
        Thread(target=self._search, args=(job,), daemon=True).start()
        return self._shown(job)

    def put(self, parent: str, document: Json) -> TuningJob:
        """Hold a job that a test describes; it is not run."""
        with self.changed:
            name = f"{parent}/{COLLECTION}/{1000 + len(self.jobs)}"
            times = dict.fromkeys(("createTime", "startTime", "updateTime"), now())
            shown = {"state": RUNNING, "trials": [], **times, **document, "name": name}
            folder = self.folder / name.rpartition("/")[2]
            job = TuningJob(shown, folder, suggestions(shown.get("studySpec", {"parameters": []}), self.seed))
            self.jobs[name] = job
        return job

    def get(self, name: str, patience: float = 0) -> Json:
        """Show a job.

        Args:
            name: Its resource name.
            patience: For how many seconds the answer may wait for the job's end. Google's launcher sleeps
                for 20 s between two looks, so that a test wants it to look once.
        """
        self.called("GetHyperparameterTuningJob")
        job = self._named(name)
        self.until(lambda: job.state in FINAL, patience)
        return self._shown(job)

    def list(self, parent: str, filter: str = "", page_size: int = 0, page_token: str = "") -> Json:
        """Show the jobs of one location, page by page; of the filters `displayName=` is understood.

        In which order Vertex AI lists them is not documented; here the newest comes first.
        """
        self.called("ListHyperparameterTuningJobs")
        wanted = re.fullmatch(r'(?:displayName|display_name)="([^"]*)"', filter)
        if filter and not wanted:
            raise RequestRefused("INVALID_ARGUMENT", f"the filter {filter!r} is not understood here")
        found = [
            self._shown(job)
            for name, job in reversed(self.jobs.items())
            if name.startswith(f"{parent}/{COLLECTION}/")
            and (not wanted or job.document.get("displayName") == wanted[1])
        ]
        start, size = int(page_token or 0), page_size or 100
        more = {"nextPageToken": str(start + size)} if start + size < len(found) else {}
        return ({COLLECTION: found[start : start + size]} if found else {}) | more

    def cancel(self, name: str) -> Json:
        """Begin to cancel a job; nothing happens to one that has ended."""
        self.called("CancelHyperparameterTuningJob")
        job = self._named(name)
        with self.changed:
            job.enter(CANCELLING)
            self.changed.notify_all()
        Thread(target=self._stop, args=(job,), daemon=True).start()
        return {}

    def called(self, method: str) -> None:
        """Record a call."""
        with self.changed:
            self.calls.append(method)
            self.changed.notify_all()

    def until(self, condition: Callable[[], object], seconds: float = 120) -> bool:
        """Wait until something is true of the jobs or the calls; say whether it came true."""
        with self.changed:
            return bool(self.changed.wait_for(condition, seconds))

    def close(self) -> None:
        """Kill every trial, and let nobody wait for a job any more."""
        with self.changed:
            for job in self.jobs.values():
                job.enter(CANCELLING)
                for process in job.processes.values():
                    trials.clear(process)
                job.conclude()
            self.changed.notify_all()

    def _named(self, name: str) -> TuningJob:
        if name not in self.jobs:
            raise RequestRefused("NOT_FOUND", f"{name} is not found.")
        return self.jobs[name]

    def _shown(self, job: TuningJob) -> Json:
        with self.changed:
            return copy.deepcopy(job.document)

    def _search(self, job: TuningJob) -> None:
        workers = [
            Thread(target=self._work, args=(job,), daemon=True)
            for _ in range(job.document["parallelTrialCount"])
        ]
        _all(workers, Thread.start)
        _all(workers, Thread.join)
        with self.changed:
            job.conclude()
            self.changed.notify_all()

    def _work(self, job: TuningJob) -> None:
        while True:
            with self.changed:
                trial = job.begin()
            if trial is None:
                return
            self.bucket.before_trial()
            self._run(job, trial)

    def _run(self, job: TuningJob, trial: Json) -> None:
        code, left = self._started(job, trial), self.restarts
        while code and left and (again := self._started(job, trial)) is not None:
            code, left = again, left - 1
        if code is None:
            return
        with self.changed:
            job.end(trial, code)
            self.changed.notify_all()
        if job.state != RUNNING:
            self._stop(job)

    def _started(self, job: TuningJob, trial: Json) -> int | None:
        """Run a trial's container once; None where the job no longer runs."""
        with self.changed:
            process = job.start(trial, self.manner, {MOUNT: str(self.bucket.mount)})
            self.changed.notify_all()
        if process is None:
            return None
        code = process.wait()
        trials.clear(process)
        self.bucket.after_trial()
        return code

    def _stop(self, job: TuningJob) -> None:
        with self.changed:
            running = [*job.processes.values()]
        for process in running:
            trials.stop(process)


def _all(workers: Iterable[Thread], step: Callable[[Thread], None]) -> None:
    for worker in workers:
        step(worker)
