# SPDX-License-Identifier: Apache-2.0
"""How far a search is, in words: its counts, its best trial, what a trial did, and the time that is left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from kfp_katib.experiment.model import Experiment
from kfp_katib.report.columns import CELL_WIDTH
from kfp_katib.report.words import value_text
from kfp_katib.results import EARLY_STOPPED, Active, Progress, Trial, compared
from kfp_katib.results.brief import counted, duration, legible, short, tallied

MESSAGE_CHARACTERS = 200


def status_line(progress: Progress, *, now: datetime | None = None) -> str:
    """One line: how many trials are done, running and failed, the best so far, and the time left."""
    left = time_left(progress, now=now)
    return ", ".join([counts(progress), *_best(progress), *([f"{left} left"] if left else [])])


def ended_line(progress: Progress) -> str:
    """The same line for a search that has ended, or was stopped: nothing runs any more."""
    return ", ".join([_done(progress), *tallied(failed=progress.failed), *_best(progress)])


def counts(progress: Progress) -> str:
    """How many trials are done, of how many, and how many run, wait and failed: `3/12 trials, 2 running`."""
    told = tallied(running=progress.running, waiting=progress.waiting, failed=progress.failed)
    return ", ".join([_done(progress), *told])


def _done(progress: Progress) -> str:
    total, done = progress.experiment.max_trial_count, progress.completed
    return f"{done}/{total} trials" if total else counted(done, "trial")


def _best(progress: Progress) -> list[str]:
    return [f"best {best_value(progress)}"] if progress.best else []


def best_value(progress: Progress) -> str:
    """The best value so far, as `loss=0.3`; empty where there is none."""
    if progress.best is None:
        return ""
    return f"{progress.experiment.objective.metric}={short(value_text(progress.best, progress))}"


def time_left(progress: Progress, *, now: datetime | None = None) -> str:
    """How long the search may still take, in words; empty where nothing can be said honestly."""
    seconds = seconds_left(progress, now=now)
    return "" if seconds is None else duration(max(round(seconds), 1))


def seconds_left(progress: Progress, *, now: datetime | None = None) -> float | None:
    """How many seconds the search may still take, None where nothing can be said honestly.

    Every trial is taken to last as long as the median of those that have ended, and the next one to start
    when one ends. Nothing is known without a budget, before the first trial has ended, and once only trials
    are left that last longer than the median.

    Args:
        progress: How far the search is.
        now: The time; None for the clock's.
    """
    total, usual = progress.experiment.max_trial_count, progress.median_seconds
    if total is None or usual is None:
        return None
    now = now or datetime.now(UTC)
    lasted = [each for each in (seconds_of(one, now) for one in progress.active()) if each is not None]
    running = [max(usual - each, 0.0) for each in lasted]
    idle = max(progress.experiment.parallel_trial_count - len(running), 0)
    free_after = sorted([*running, *[0.0] * idle])
    to_start = max(total - progress.completed - len(running), 0)
    rounds, rest = divmod(to_start, len(free_after))
    last = free_after[-1] + rounds * usual
    return max(last, free_after[rest - 1] + (rounds + 1) * usual if rest else 0.0) or None


def seconds_of(active: Active, now: datetime) -> float | None:
    """For how long a trial has run; None where it waits."""
    started = active.trial.started
    if started is None or active.trial.state != "Running":
        return None
    return max((now - started).total_seconds(), 0.0)


def trial_line(trial: Trial, progress: Progress) -> str:
    """One line about one trial, such as `trial mnist-7f Succeeded loss=0.3 in 12 s`."""
    objective = progress.experiment.objective
    value = ""
    if trial.state == "Succeeded" or compared(trial, objective) is not None:
        value = f" {objective.metric}={short(value_text(trial, progress))}"
    took = f" in {duration(trial.seconds)}" if trial.seconds is not None else ""
    being_stopped = trial.reason == EARLY_STOPPED and not trial.completed
    why = f": {reason(trial)}" if trial.failed or being_stopped else ""
    return f"trial {trial.name} {trial.state}{value}{took}{why}"


def short_name(trial: Trial, experiment: Experiment) -> str:
    """The trial's name for a table: of a long one, only what tells it from the search's other trials."""
    own = trial.name.removeprefix(f"{experiment.name}-")
    return trial.name if len(trial.name) <= CELL_WIDTH or own == trial.name else f"…{own}"


def resumed(progress: Progress, *, watched: bool) -> str:
    """A sentence on the trials that had completed before; empty where none had.

    Args:
        progress: How far the search is.
        watched: Whether the search is only watched: they are then not called an earlier run.
    """
    if not progress.earlier:
        return ""
    goes_on = not watched and (progress.changed or progress.active())  # nothing may be left to run
    head, before = ("Resuming where an earlier run stopped: ", "") if goes_on else ("", " before")
    return f"{head}{counted(progress.earlier, 'trial')} had completed{before}."


def reason(trial: Trial) -> str:
    """Why a trial failed, on one line."""
    text = " ".join(legible(trial.message).split())
    if trial.exit_code and "xit code" not in text:
        text = f"exit code {trial.exit_code}" + (f", {text}" if text else "")
    return text if len(text) <= MESSAGE_CHARACTERS else text[:MESSAGE_CHARACTERS] + "…"


def active_line(progress: Progress, *, now: datetime) -> str:
    """What runs and waits, by `reports_line`; of trials that only wait none is called running."""
    told = reports_line(progress.active(), progress, now=now)
    return f"running: {told}" if told and progress.running else told


def reports_line(active: Sequence[Active], progress: Progress, *, now: datetime, most: int = 5) -> str:
    """What the first running trials have reported last: `tune-7f 3 min 2 s loss=0.4, tune-8b ...`."""
    told = [_told(each, progress, now) for each in active[:most]]
    more = [f"and {len(active) - most} more"] if len(active) > most else []
    return ", ".join([*told, *more])


def _told(active: Active, progress: Progress, now: datetime) -> str:
    seconds = seconds_of(active, now)
    if seconds is None:
        return f"{active.trial.name} waits"
    metric = progress.experiment.objective.metric
    value = active.reports.metrics.get(metric)
    return f"{active.trial.name} {duration(round(seconds))}" + (
        f" {metric}={short(legible(value))}" if value else ""
    )
