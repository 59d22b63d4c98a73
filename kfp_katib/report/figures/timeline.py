# SPDX-License-Identifier: Apache-2.0
"""A timeline: when each trial ran, how many ran at a time, and how long their places stood empty."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from kfp_katib.report.figures.figure import (
    BLUE,
    GREEN,
    GREY,
    PAPER,
    PURPLE,
    RED,
    SKY,
    Figure,
    Plot,
    axis,
    look,
)
from kfp_katib.report.figures.points import drawable, sentences
from kfp_katib.report.words import exit_code
from kfp_katib.results import Result, Trial
from kfp_katib.results.brief import duration

_KINDS = {
    "Succeeded": ("Succeeded", BLUE, ""),
    "EarlyStopped": ("Stopped early", GREEN, "."),
    "Failed": ("Failed", RED, "x"),
    "MetricsUnavailable": ("Metrics unavailable", PURPLE, "/"),
    "Killed": ("Killed", GREY, ""),
    "Running": ("Running", SKY, ""),
}
"""How a bar is named, coloured, and hatched for those who see no colours."""
_UNITS = (("seconds", 1.0, 180.0), ("minutes", 60.0, 3 * 3600.0), ("hours", 3600.0, 3 * 86400.0))
_FINEST = 2000
"""Into so many parts the whole time is divided: bars that are nearer to each other are drawn as one."""
_PAUSE_SHARE, _PAUSE_DRAWN = 0.3, 0.03
"""A time in which nothing ran is cut out if it is this part of the whole; so much of it is drawn."""
_SHORTEST = 0.001
_CROWD = 300
_MOST_HEIGHT = 520
Pause = tuple[float, float]
"""When it began and ended, in seconds."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One trial, or several of one kind that follow each other closely, in one place.

    Attributes:
        place: Which of the places for parallel trials, from 0.
        began, ended: In seconds since the first trial began.
    """

    place: int
    began: float
    ended: float
    trials: tuple[Trial, ...]


def timeline(result: Result) -> Figure | None:
    """The figure; None where it is not known of two trials when they ran, or nothing took any time."""
    bars = placed(result.trials)
    whole = max((bar.ended for bar in bars), default=0.0)
    if len(bars) < 2 or whole <= 0.0:
        return None
    pauses = _pauses(bars, whole)
    drawn = joined([_without(pauses, bar) for bar in bars])
    places = max(bar.place for bar in bars) + 1
    unit, divisor = _unit(max(bar.ended for bar in drawn))
    layout = look(
        xaxis=axis(f"Time since the first trial began, {unit}", rangemode="tozero"),
        yaxis=axis(
            "Parallel trials", range=[places - 0.5, -0.5], fixedrange=True, showgrid=False, **_few(places)
        ),
        barmode="overlay",
        bargap=0.15 if places < 30 else 0,
        shapes=_cuts(pauses, divisor),
    )
    height = min(max(130 + 26 * places, 200), _MOST_HEIGHT)
    plot = Plot("timeline-plot", list(_traces(drawn, unit, divisor)), layout, height)
    return Figure("timeline", "Timeline", _told(bars, drawn, pauses, whole, places), (plot,))


def placed(trials: Sequence[Trial]) -> list[Bar]:
    """A bar for each trial that has begun, in the first place that is free then.

    A trial that has not ended lasts until the last time that is known.
    """
    timed = [trial for trial in trials if trial.started is not None]
    if not timed:
        return []
    first = min(_began(trial) for trial in timed)
    last = max(trial.ended or _began(trial) for trial in timed)
    free: list[int] = []
    busy: list[tuple[float, int]] = []
    bars = []
    for trial in sorted(timed, key=_began):
        began = (_began(trial) - first).total_seconds()
        ended = max(((trial.ended or last) - first).total_seconds(), began)
        while busy and busy[0][0] <= began:
            heapq.heappush(free, heapq.heappop(busy)[1])
        place = heapq.heappop(free) if free else len(busy)
        heapq.heappush(busy, (ended, place))
        bars.append(Bar(place, began, ended, (trial,)))
    return bars


def _began(trial: Trial) -> datetime:
    assert trial.started is not None
    return trial.started


def joined(bars: Sequence[Bar]) -> list[Bar]:
    """The bars with those as one that could not be told apart: of one kind, in one place, and too near."""
    finest = max(bar.ended for bar in bars) / _FINEST
    last: dict[int, Bar] = {}
    done: list[Bar] = []
    for bar in sorted(bars, key=lambda bar: bar.began):
        before = last.get(bar.place)
        near = before and bar.began - before.ended < finest and _narrow((before, bar), finest)
        if before and near and before.trials[0].state == bar.trials[0].state:
            bar = Bar(bar.place, before.began, bar.ended, (*before.trials, *bar.trials))
        elif before:
            done.append(before)
        last[bar.place] = bar
    return sorted([*done, *last.values()], key=lambda bar: (bar.began, bar.place))


def _narrow(pair: tuple[Bar, Bar], finest: float) -> bool:
    return all((bar.ended - bar.began) / len(bar.trials) < 2 * finest for bar in pair)


def _pauses(bars: Sequence[Bar], whole: float) -> list[Pause]:
    """The long times in which no trial ran, as in a search that was interrupted and resumed the next day."""
    pauses, until = [], 0.0
    for bar in sorted(bars, key=lambda bar: bar.began):
        if bar.began - until > _PAUSE_SHARE * whole:
            pauses.append((until, bar.began))
        until = max(until, bar.ended)
    return pauses


def _without(pauses: Sequence[Pause], bar: Bar) -> Bar:
    gone = sum((end - begin) * (1 - _PAUSE_DRAWN) for begin, end in pauses if begin < bar.began)
    return Bar(bar.place, bar.began - gone, bar.ended - gone, bar.trials)


def _cuts(pauses: Sequence[Pause], divisor: float) -> list[dict[str, Any]]:
    """A band where time was cut out."""
    bands, gone = [], 0.0
    for begin, end in pauses:
        kept = (end - begin) * _PAUSE_DRAWN
        bands.append(
            {
                "type": "rect",
                "yref": "paper",
                "y0": 0,
                "y1": 1,
                "x0": (begin - gone) / divisor,
                "x1": (begin - gone + kept) / divisor,
                "fillcolor": GREY,
                "opacity": 0.3,
                "line": {"width": 0},
            }
        )
        gone += end - begin - kept
    return bands


def _traces(bars: Sequence[Bar], unit: str, divisor: float) -> Iterator[dict[str, Any]]:
    for state, (name, colour, pattern) in _KINDS.items():
        group = [bar for bar in bars if bar.trials[0].state == state]
        if group:
            yield {
                "type": "bar",
                "orientation": "h",
                "name": name,
                "base": [drawable(bar.began / divisor) for bar in group],
                "x": [drawable(max(bar.ended - bar.began, _SHORTEST) / divisor) for bar in group],
                "y": [bar.place for bar in group],
                "text": [_names(bar) for bar in group],
                "textposition": "none",
                "hovertemplate": f"%{{text}}<br>{name}, %{{x:.3~g}} {unit}<extra></extra>",
                "marker": {
                    "color": colour,
                    "pattern": {"shape": pattern, "fillmode": "overlay", "fgcolor": PAPER, "size": 6},
                    "line": {"color": PAPER, "width": 0.5 if len(bars) < _CROWD else 0},
                },
            }


def _names(bar: Bar) -> str:
    first, last = bar.trials[0], bar.trials[-1]
    if len(bar.trials) > 1:
        return f"{len(bar.trials)} trials, {first.name} to {last.name}"
    return f"{first.name}{exit_code(first) if first.failed else ''}"


def _unit(seconds: float) -> tuple[str, float]:
    return next(((name, size) for name, size, most in _UNITS if seconds <= most), ("days", 86400.0))


def _few(places: int) -> dict[str, Any]:
    """Labels from 1, and not more than can be read."""
    step = -(-places // 12)
    shown = list(range(0, places, step))
    return {"tickvals": shown, "ticktext": [str(place + 1) for place in shown]}


def _told(
    bars: Sequence[Bar],
    drawn: Sequence[Bar],
    pauses: Sequence[Pause],
    whole: float,
    places: int,
) -> str:
    paused = sum(end - begin for begin, end in pauses)
    at_once = "one at a time" if places == 1 else f"at most {places} at a time"
    running = any(not bar.trials[0].completed for bar in bars)
    return sentences(
        [
            f"When each trial ran: {at_once}, {duration(whole - paused)} in all.",
            _waiting(bars),
            f"Nothing ran for {duration(paused)}, which is cut out (grey)." if pauses else "",
            "Trials that still run are drawn to the last time that is known." if running else "",
            "Trials that follow each other closely are drawn as one bar." if len(drawn) < len(bars) else "",
        ]
    )


def _waiting(bars: Sequence[Bar]) -> str:
    """How long a place stood empty between two trials."""
    until: dict[int, float] = {}
    gaps = []
    for bar in bars:
        if bar.place in until:
            gaps.append(bar.began - until[bar.place])
        until[bar.place] = bar.ended
    return f"Between two trials a place waited {duration(median(gaps))} (median)." if gaps else ""
