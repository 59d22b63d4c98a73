# SPDX-License-Identifier: Apache-2.0
"""`kfp-katib compare`: several searches side by side."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from kfp_katib.cli.search_name import named_searches, place_options, read
from kfp_katib.cli.verbs import Verb, json_option
from kfp_katib.errors import InputError
from kfp_katib.report import words
from kfp_katib.report.columns import aligned
from kfp_katib.report.so_far import short_name
from kfp_katib.results import FINAL, Result, best_trial, compared, elapsed
from kfp_katib.results.brief import duration, short


@dataclass(frozen=True, slots=True)
class Searched:
    """One search of the table, by the name that the user gave it."""

    title: str
    result: Result

    @property
    def aim(self) -> tuple[str, str]:
        """What it looks for, such as `minimize`, `loss`; only searches with the same aim can be compared."""
        objective = self.result.experiment.objective
        return objective.type, objective.metric


@click.command(name="compare", cls=Verb)
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@place_options
@json_option
def command(names: tuple[str, ...], runs: Path, namespace: str, as_json: bool) -> None:
    """Compare the searches NAME: best value, trials, time, and the best trial's parameters.

    NAME is a search of this machine (x or DIR/x), or an Experiment in a cluster, whoever created it
    (experiment/x). The best of all is marked, where they look for the same.
    """
    searches = named_searches(tuple(dict.fromkeys(names)), runs=runs, namespace=namespace)
    if len(searches) < 2:
        raise InputError(f"There is only {searches[0].text!r}. Name two searches or more.")
    columns = [Searched(search.text, read(search)) for search in searches]
    if as_json:
        click.echo(json.dumps([_document(each) for each in columns], indent=2, ensure_ascii=False))
    else:
        click.echo(_table(columns))
    if told := different(columns):
        click.echo(told, err=True)


def different(columns: Sequence[Searched]) -> str:
    """That the searches look for different things, if they do."""
    if len({each.aim for each in columns}) < 2:
        return ""
    told = (f"{each.title} would {each.aim[0]} {each.aim[1]}" for each in columns)
    return f"Their values cannot be compared: {'; '.join(told)}."


def _table(columns: Sequence[Searched]) -> str:
    first = _first(columns)
    header = ["", *(f"* {each.title}" if each is first else each.title for each in columns)]
    return "\n".join(aligned([header, *([what, *cells] for what, cells in _rows(columns))]))


def _first(columns: Sequence[Searched]) -> Searched | None:
    """The search with the best trial of all; None where they cannot be compared."""
    by_trial = {id(each.result.best): each for each in columns if each.result.best}
    if different(columns) or not by_trial:
        return None
    trials = [each.result.best for each in by_trial.values() if each.result.best]
    return by_trial[id(best_trial(trials, columns[0].result.experiment.objective))]


def _rows(columns: Sequence[Searched]) -> list[tuple[str, list[str]]]:
    metrics = dict.fromkeys(each.aim[1] for each in columns)
    names = dict.fromkeys(name for each in columns for name in _parameters(each.result))
    return [
        ("state", [each.result.state for each in columns]),
        *((f"best {metric}", [_value(each, metric) for each in columns]) for metric in metrics),
        ("best trial", [_trial(each.result) for each in columns]),
        ("trials", [_trials(each.result) for each in columns]),
        ("time", [duration(elapsed(each.result.trials)) for each in columns]),
        *((name, [short(_parameters(each.result).get(name, "–")) for each in columns]) for name in names),
    ]


def _value(column: Searched, metric: str) -> str:
    best = column.result.best
    return short(words.value_text(best, column.result)) if best and column.aim[1] == metric else "–"


def _trial(result: Result) -> str:
    return short_name(result.best, result.experiment) if result.best else "–"


def _parameters(result: Result) -> dict[str, str]:
    """The best trial's parameters; where there is no such trial, a dash for each of the search's."""
    if result.best:
        return dict(result.best.parameters)
    return {parameter.name: "–" for parameter in result.experiment.parameters}


def _trials(result: Result) -> str:
    failed = len(result.failures)
    return f"{result.completed}, {failed} failed" if failed else str(result.completed)


def _document(column: Searched) -> dict[str, Any]:
    result, best = column.result, column.result.best
    return {
        "name": column.title,
        "state": result.state,
        "final": result.state in FINAL,
        "type": column.aim[0],
        "metric": column.aim[1],
        "best_value": compared(best, result.experiment.objective) if best else None,
        "best_trial": best.name if best else None,
        "best_parameters": result.best_parameters,
        "completed": result.completed,
        "failed": len(result.failures),
        "seconds": elapsed(result.trials),
    }
