# SPDX-License-Identifier: Apache-2.0
"""The table of trials: what its rows show, and everything about every trial, packed for the page's script.

A page of 1,000 trials has little room beside plotly.js. So only the first rows stand in it as they are; all
of them, each beside what the JSON of a Result has of the trial, are compressed together. Details, JSON and
CSV are made of that on the page.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from kfp_katib.report import words
from kfp_katib.results import Result, Trial, brief, compared, metric_text, ranked
from kfp_katib.results.brief import duration
from kfp_katib.results.table import columns as csv_columns
from kfp_katib.results.table import parameter_names
from kfp_katib.results.text import document

PLAIN_ROWS = 50
"""Rows that the page shows without its script."""
_COMMANDS = 1_000
"""Trials whose whole command is told, the best ones: each takes half a millisecond to put together."""
_LOGS = 100_000
"""Characters of all logs together: half of them are the failed trials', half the others'."""
_SHORTEST = 200
"""Less of a log says nothing."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column; numbers stand on the right."""

    title: str
    number: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell.

    Attributes:
        text: What it shows.
        full: All digits, where `text` has fewer; else empty.
        key: What it is sorted by, where that is not what it says; None where it is.
    """

    text: str
    full: str = ""
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One trial.

    Attributes:
        trial: The trial, its log cut to what there is room for.
        number: Its place in the order of creation, from 1.
        best: Whether it is the best one.
        value: Its objective's cell.
        cells: Those of the columns after its state.
        command: The command that it ran; empty where that is not known.
    """

    trial: Trial
    number: int
    best: bool
    value: Cell
    cells: tuple[Cell, ...]
    command: str


def columns(result: Result) -> list[Column]:
    """Name, objective and state, which a phone shows at once, then everything in the manifest's order."""
    metric, *additional = result.experiment.objective.metrics
    return [
        Column("#", number=True),
        Column("Trial"),
        Column(metric, number=True),
        Column("State"),
        *(Column(name, number=True) for name in additional),
        *(Column(name, number=number) for name, number in _parameters(result).items()),
        Column("Duration", number=True),
    ]


def rows(result: Result) -> list[Row]:
    """The best trial first, then those without a value in order of creation."""
    parameters = _parameters(result)
    numbers = {id(trial): at for at, trial in enumerate(result.trials, 1)}
    good = ranked(result.trials, result.experiment.objective)
    known = {id(trial) for trial in good}
    ordered = [*good, *(trial for trial in result.trials if id(trial) not in known)]
    room = log_room(result)
    return [
        Row(
            trial=replace(trial, log_tail=words.log_end(trial, characters=room[trial.failed])),
            number=numbers[id(trial)],
            best=result.best is not None and trial.name == result.best.name,
            value=_value(trial, result),
            cells=tuple(_cells(trial, result, parameters)),
            command=words.command(trial, result.experiment) if at < _COMMANDS else "",
        )
        for at, trial in enumerate(ordered)
    ]


def _parameters(result: Result) -> dict[str, bool]:
    """The names of all parameters, and whether their values are numbers."""
    categories = words.categories(result)
    return {name: name not in categories for name in parameter_names(result.experiment, result.trials)}


def _value(trial: Trial, result: Result) -> Cell:
    """What the trial reported; where that does not count, as a failed trial's, it comes last."""
    value = _number(words.value_text(trial, result))
    counts = compared(trial, result.experiment.objective) is not None
    return value if counts else replace(value, key="")


def _cells(trial: Trial, result: Result, parameters: Mapping[str, bool]) -> Iterator[Cell]:
    objective = result.experiment.objective
    for name in objective.additional:
        metric = trial.metrics.get(name)
        yield _number(metric_text(metric, objective.strategies[name])) if metric else Cell("–", key="")
    for name, number in parameters.items():
        text = trial.parameters.get(name, "")
        yield _number(text) if number else Cell(text)
    seconds = trial.seconds
    yield Cell(duration(seconds), key="" if seconds is None else f"{seconds:.6g}")


def _number(text: str) -> Cell:
    short = brief.short(text)
    return Cell(short, full="" if short == text else text)


def log_room(result: Result) -> dict[bool, int]:
    """How many characters of a log there is room for: of a failed trial's, and of another's."""
    failed = len(result.failures)
    counts = {True: failed, False: len(result.trials) - failed}
    shares = {kind: _LOGS // 2 // max(1, count) for kind, count in counts.items()}
    return {
        kind: min(share, words.LOG_CHARACTERS) if share >= _SHORTEST else 0 for kind, share in shares.items()
    }


def packed(result: Result, shown: Sequence[Row], line: Callable[[Row], str]) -> str:
    """What the page's script unpacks, as base64 of zlib's format: all rows, and the Result as JSON.

    Args:
        result: The Result.
        shown: All of its rows, in the order in which they are shown first.
        line: Writes a row as HTML.
    """
    whole = document(replace(result, trials=tuple(row.trial for row in shown)))
    trials = whole.pop("trials")
    for fields in trials:
        del fields["curve"]  # it is drawn; as text it would be longer than all the rest
    content = {
        "columns": csv_columns(result.experiment, result.trials),
        "document": whole,
        "without": "It left no log." if log_room(result)[False] else _NO_ROOM,
        "rows": [
            [row.number, line(row), row.command, fields] for row, fields in zip(shown, trials, strict=True)
        ],
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(zlib.compress(text.encode("utf-8", "replace"), 9)).decode()


_NO_ROOM = "So many trials leave no room for the logs of those that did not fail."
