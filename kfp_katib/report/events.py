# SPDX-License-Identifier: Apache-2.0
"""A search's progress for programs: one JSON object a line; docs/how-to/progress.md lists them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from kfp_katib.report.silence import Silence
from kfp_katib.report.so_far import seconds_left, seconds_of
from kfp_katib.results import FINAL, Active, Progress, Result, Trial, compared
from kfp_katib.results.text import document, trial_document

EVERY_SECONDS = 10.0
"""Without a change there is an event after this time, with what the running trials have reported."""


class Events:
    """Writes what an engine reports as events.

    Args:
        say: Takes a line without its end; called from two threads, never at once.
        every_seconds: How long nothing is written while nothing changes; None for EVERY_SECONDS.
    """

    def __init__(self, say: Callable[[str], None], *, every_seconds: float | None = None) -> None:
        self._say = say
        self._lock = threading.Lock()
        self._progress: Progress | None = None
        self._silence = Silence(self._still, every_seconds or EVERY_SECONDS)

    def begin(self, progress: Progress) -> None:
        """What the search is."""
        self._write("started", _plan(progress))

    def note(self, text: str) -> None:
        """Something that the user should know."""
        self._write("note", {"text": text})

    def update(self, progress: Progress) -> None:
        """The trials that have changed, and how far the search is."""
        self._progress = progress
        for trial in progress.changed:
            told = trial_document(trial, progress)
            del told["log_tail"]
            self._write("trial", told)
        self._write("progress", _how_far(progress))
        self._silence.begin()

    def close(self) -> None:
        """Write nothing any more but the end."""
        self._silence.close()

    def end(self, result: Result) -> None:
        """The verdict with the best trial, or how far a search got that has none."""
        told = document(result)
        del told["trials"], told["manifest"]
        self._write("verdict" if result.state in FINAL else "stopped", told)

    def _still(self) -> None:
        if self._progress:
            self._write("progress", _how_far(self._progress))

    def _write(self, event: str, fields: dict[str, Any]) -> None:
        with self._lock:
            time = datetime.now(UTC).isoformat(timespec="milliseconds")
            self._say(
                json.dumps({"event": event, "time": time, **fields}, ensure_ascii=False, allow_nan=False)
            )


def _plan(progress: Progress) -> dict[str, Any]:
    experiment = progress.experiment
    objective = experiment.objective
    return {
        "experiment": experiment.name,
        "objective": {"metric": objective.metric, "type": objective.type, "goal": objective.goal},
        "algorithm": experiment.algorithm.name,
        "parameters": [each.name for each in experiment.parameters],
        "max_trials": experiment.max_trial_count,
        "parallel_trials": experiment.parallel_trial_count,
        "completed_before": progress.earlier,
    }


def _how_far(progress: Progress) -> dict[str, Any]:
    now = datetime.now(UTC)
    left = seconds_left(progress, now=now)
    return {
        "completed": progress.completed,
        "running": progress.running,
        "waiting": progress.waiting,
        "failed": progress.failed,
        "seconds_left": None if left is None else round(left, 1),
        "best": progress.best and _best(progress.best, progress),
        "active": [_active(each, now) for each in progress.active()],
    }


def _best(trial: Trial, progress: Progress) -> dict[str, Any]:
    value = compared(trial, progress.experiment.objective)
    return {"trial": trial.name, "value": value, "parameters": dict(trial.parameters)}


def _active(active: Active, now: datetime) -> dict[str, Any]:
    seconds = seconds_of(active, now)
    return {
        "trial": active.trial.name,
        "seconds": None if seconds is None else round(seconds, 1),
        "metrics": dict(active.reports.metrics),
        "step": active.reports.step,
    }
