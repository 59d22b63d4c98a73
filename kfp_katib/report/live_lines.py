# SPDX-License-Identifier: Apache-2.0
"""The lines that stand at the bottom of a terminal while a search runs, as text with its style."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from kfp_katib.report.columns import Column, fitting, head, rows
from kfp_katib.report.so_far import best_value, counts, reason, seconds_of, short_name, time_left
from kfp_katib.results import Active, Progress, Trial
from kfp_katib.results.brief import duration, legible, short

Style = Literal["", "bold", "dim", "green", "red"]
Line = list[tuple[str, Style]]
"""Pieces of text, each with its style."""

MOST_TRIALS = 10
"""At most so many running trials are shown, the oldest."""
_BAR = range(5, 21)
_INDENT = "     "


@dataclass(frozen=True, slots=True)
class Moment:
    """What is drawn.

    Attributes:
        progress: How far the search is.
        seconds: For how long it has been watched.
        now: The time.
        reported: Names of the metrics that any trial has reported while it ran.
        failure: The trial that failed last.
    """

    progress: Progress
    seconds: float
    now: datetime
    reported: Iterable[str] = ()
    failure: Trial | None = None


def live_lines(moment: Moment, *, width: int, height: int) -> list[Line]:
    """The lines for a terminal of that size; one that is too long is cut where it is drawn."""
    first, failure = [_head(moment, width), *_best(moment.progress, width)], moment.failure
    last: list[Line] = [[(f"last failure: {failure.name}: {reason(failure)}", "red")]] if failure else []
    room = height - 1 - len(first) - len(last)  # one line is the cursor's
    return [*first, *_running(moment, width, room), *last][: max(height - 1, 1)]


def _head(moment: Moment, width: int) -> Line:
    left = time_left(moment.progress, now=moment.now)
    times = f"{duration(moment.seconds)} so far" + (f", about {left} left" if left else "")
    text = f"{counts(moment.progress)}, {times}"
    total = moment.progress.experiment.max_trial_count
    room = min(width - len(text) - 3, _BAR[-1])
    if not total or room not in _BAR:
        return [(text, "bold")]
    done = min(moment.progress.completed * room // total, room)
    return [("━" * done, "green"), ("─" * (room - done), "dim"), ("  ", ""), (text, "bold")]


def _best(progress: Progress, width: int) -> Iterator[Line]:
    if progress.best is None:
        return
    yield [(f"best {best_value(progress)} in {progress.best.name}", "green")]
    given = "  ".join(f"{name}={short(text)}" for name, text in progress.best.parameters.items())
    room = max(width - len(_INDENT) - 1, 10)
    for line in textwrap.wrap(given, room, max_lines=2, placeholder=" …", break_on_hyphens=False):
        yield [(f"{_INDENT}{line}", "green")]


def _running(moment: Moment, width: int, height: int) -> Iterator[Line]:
    active = sorted(moment.progress.active(), key=lambda each: each.trial.state != "Running")
    if not active:
        return
    columns, _ = fitting(_columns(active[:MOST_TRIALS], moment), width - 1)
    names = head(columns)
    most = max(min(MOST_TRIALS, height - len(names) - 1), 1)
    for line in names:
        yield [(line, "dim")]
    for line in rows(columns)[:most]:
        yield [(line, "")]
    if len(active) > most:
        yield [(f"… and {len(active) - most} more", "dim")]


def _columns(active: Sequence[Active], moment: Moment) -> list[Column]:
    """A trial's name and time, what it reported, its parameters."""
    experiment, reported = moment.progress.experiment, set(moment.reported)
    metrics = [name for name in experiment.objective.metrics if name in reported]
    return [
        Column("running", [short_name(each.trial, experiment) for each in active], needed=True),
        Column("time", [_time(each, moment.now) for each in active], needed=True),
        *([Column("step", [str(each.reports.step or "") for each in active])] if reported else []),
        *(Column(name, [_text(each.reports.metrics, name) for each in active]) for name in metrics),
        *(
            Column(parameter.name, [_text(each.trial.parameters, parameter.name) for each in active])
            for parameter in experiment.parameters
        ),
    ]


def _text(texts: Mapping[str, str], name: str) -> str:
    return short(legible(texts.get(name, "")))


def _time(active: Active, now: datetime) -> str:
    seconds = seconds_of(active, now)
    return "waits" if seconds is None else duration(round(seconds))
