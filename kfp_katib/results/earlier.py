# SPDX-License-Identifier: Apache-2.0
"""Trials of other searches, to be told to a new one: of a Result, or read back from its CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast, get_args

from kfp_katib.errors import InputError
from kfp_katib.results.result import Result
from kfp_katib.results.table import AGGREGATES, METRIC, PARAMETER
from kfp_katib.results.trials import Metric, Trial, TrialState


@dataclass(frozen=True, slots=True)
class EarlierTrials:
    """The trials of a search that may have run elsewhere.

    Attributes:
        source: What the user calls it, such as `runs/other`; a search remembers by it whom it has asked.
        read: Reads them. A search asks once, when it begins, so that the source may go.
    """

    source: str
    read: Callable[[], Sequence[Trial]]


WarmStart = Result | EarlierTrials


def earlier_trials(warm_start: WarmStart | Sequence[WarmStart] | None) -> tuple[EarlierTrials, ...]:
    """What a user asked to start from, one or several, all in one form."""
    if warm_start is None:
        return ()
    several = [warm_start] if isinstance(warm_start, WarmStart) else warm_start
    return tuple(_of(each) if isinstance(each, Result) else each for each in several)


def _of(result: Result) -> EarlierTrials:
    return EarlierTrials(f"Experiment '{result.experiment.name}'", lambda: result.trials)


def from_csv(text: str, source: str) -> list[Trial]:
    """The trials of a table that `trials_csv` wrote; an empty cell is a value that is not there.

    Raises:
        InputError: It is no such table.
    """
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        header, rows = reader.fieldnames or (), list(reader)
    except csv.Error as err:
        raise InputError(f"{source} is not CSV ({err}). Quote values that hold commas or quotes.") from err
    if "state" not in header or not any(name.startswith(PARAMETER) for name in header):
        raise InputError(
            f"{source} is not a table of trials: its header needs the columns state, parameter.<name> and "
            f"metric.<name>.<{'|'.join(AGGREGATES)}>, separated by commas. Give the artifact `trials` of "
            "launch_katib, or what kfp_katib.results.trials_csv wrote."
        )
    return [_from_row(row, number, source) for number, row in enumerate(rows, 1)]


def _from_row(row: Mapping[str | None, Any], number: int, source: str) -> Trial:
    if None in row or None in row.values():
        raise InputError(f"{source}: trial {number} has not as many cells as the header.")
    cells = {str(key): str(text) for key, text in row.items() if text}
    metrics: dict[str, dict[str, str]] = {}
    for column, text in cells.items():
        name, _, aggregate = column.removeprefix(METRIC).rpartition(".")
        if column.startswith(METRIC) and aggregate in AGGREGATES:
            metrics.setdefault(name, {})[aggregate] = text
    of_parameters = {key: text for key, text in cells.items() if key.startswith(PARAMETER)}
    return Trial(
        name=cells.get("name", ""),
        parameters={key.removeprefix(PARAMETER): text for key, text in of_parameters.items()},
        state=_state(cells.get("state"), f"{source}: trial {number}"),
        metrics={name: Metric(**texts) for name, texts in metrics.items()},
    )


def from_json(text: str, source: str) -> list[Trial]:
    """The trials of a Result that `to_json` wrote, as `kfp-katib run --json` prints it.

    Raises:
        InputError: It is no such Result.
    """
    try:
        trials = json.loads(text)["trials"]
        return [_from_object(each, f"{source}: trial {number}") for number, each in enumerate(trials, 1)]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as err:
        what = str(err) if isinstance(err, ValueError) else "it has no list `trials` as there should be"
        raise InputError(
            f"{source} is not the JSON of a Result ({what}). Give what `kfp-katib run --json` printed."
        ) from err


def _from_object(trial: Mapping[str, Any], where: str) -> Trial:
    return Trial(
        name=str(trial["name"]),
        parameters={name: str(text) for name, text in trial["parameters"].items()},
        state=_state(trial["state"], where),
        metrics={
            name: Metric(**{key: str(metric[key]) for key in AGGREGATES})
            for name, metric in trial["metrics"].items()
        },
    )


def _state(text: object, where: str) -> TrialState:
    if text not in get_args(TrialState):
        raise InputError(f"{where}: its state is {text!r}. Katib's are {', '.join(get_args(TrialState))}.")
    return cast("TrialState", text)
