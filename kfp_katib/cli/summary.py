# SPDX-License-Identifier: Apache-2.0
"""What `run` and `watch` say in the end: the trials, the best one and how to use it, where everything is."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import indent
from typing import TextIO

import click
from tabulate import tabulate

from kfp_katib.experiment import Parameter
from kfp_katib.report.words import (
    as_flags,
    counts,
    duration,
    exit_code,
    figures,
    log_end,
    value_text,
    verdict,
)
from kfp_katib.results import Result, Trial, ranked, to_json

ROWS = 20
"""The table shows this many trials: the best, and the last ones that failed."""

LOG_LINES = 20
HEADER_WIDTH = 16
"""A parameter's longer name takes two lines of the table's head, which is to fit into 80 columns."""


def show(result: Result, folder: Path | None, *, as_json: bool, said: Sequence[str]) -> None:
    """The Result on stdout, as JSON or as a summary; on stderr, where it failed, why.

    Args:
        result: The Result.
        folder: As for `summary`.
        as_json: Whether programs read it.
        said: As for `summary`.
    """
    text = to_json(result) if as_json else summary(result, folder, colour=in_colour(sys.stdout), said=said)
    click.echo(text)
    if not result.succeeded and (why := last_failure(result, folder)):
        click.echo(why, err=True)


def summary(result: Result, folder: Path | None, *, colour: bool, said: Sequence[str] = ()) -> str:
    """The whole of it.

    Args:
        result: The Result.
        folder: Where the search keeps its files, `runs/<experiment>`; None where it ran in a cluster.
        colour: Whether the best trial may be set in bold.
        said: Notes that were shown before.
    """
    parts = [_table(result, colour)] if result.trials else []
    parts.append("\n".join([f"{verdict(result)} {counts(result)}.", *_reason(result)]))
    parts += [f"Note: {note}" for note in result.notes if note not in said]
    if result.best:
        parts.append(_best(result.best))
    if folder:
        parts.append(f"Logs and metrics of every trial: {folder}")
    return "\n\n".join(parts)


def _reason(result: Result) -> list[str]:
    """Katib's own words for a verdict; without one they would only say that it is running."""
    return [f"{result.message} ({result.reason})."] if result.state in ("Succeeded", "Failed") else []


def last_failure(result: Result, folder: Path | None) -> str:
    """The last failed trial, why it failed, and the end of its log; empty where none failed."""
    if not result.failures:
        return ""
    trial = result.failures[-1]
    code = exit_code(trial) if trial.exit_code and "xit code" not in trial.message else ""
    head = f"Trial {trial.name} {trial.state}{code}: {trial.message}"
    tail = log_end(trial, lines=LOG_LINES) or "(it wrote nothing)"
    files = [f"Its files: {folder / trial.name}"] if folder else []
    return "\n".join([head, indent(tail, "    "), *files])


def _table(result: Result, colour: bool) -> str:
    shown = _shown(result)
    parameters = [parameter.name for parameter in result.experiment.parameters]
    header = ["", "trial", "state", result.experiment.objective.metric, *parameters, "time"]
    rows = [[_cell(cell, trial, result, colour) for cell in _row(trial, result)] for trial in shown]
    left_out = len(result.trials) - len(shown)
    more = f"\n... and {left_out} more; --json and --report have all of them" if left_out else ""
    return str(tabulate(rows, header, disable_numparse=True, maxheadercolwidths=HEADER_WIDTH)) + more


def _shown(result: Result) -> list[Trial]:
    """The trials of the table, in order of creation."""
    if len(result.trials) <= ROWS:
        return list(result.trials)
    best = ranked(result.trials, result.experiment.objective)[: ROWS // 2]
    names = {trial.name for trial in (*best, *result.failures[-(ROWS // 2) :])}
    return [trial for trial in result.trials if trial.name in names]


def _row(trial: Trial, result: Result) -> list[str]:
    values = [_assigned(trial.parameters.get(each.name, ""), each) for each in result.experiment.parameters]
    mark = "*" if trial == result.best else ""
    value = figures(value_text(trial, result))
    return [mark, trial.name, trial.state, value, *values, duration(trial.seconds)]


def _assigned(text: str, parameter: Parameter) -> str:
    """What the trial got; of a sampled fraction as many figures as can be compared."""
    return figures(text) if parameter.type == "double" else text


def _cell(text: str, trial: Trial, result: Result, colour: bool) -> str:
    return click.style(text, bold=True) if colour and trial == result.best else text


def _best(best: Trial) -> str:
    lines = ["The best trial's parameters, to copy:", indent(as_flags(best), "    ")]
    if best.model_uri:
        lines.append(f"Its model, if it wrote one: {best.model_uri}")
    return "\n".join(lines)


def in_colour(stream: TextIO, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether colours and bold may be used: on a terminal, unless NO_COLOR is set (no-color.org)."""
    return stream.isatty() and not environment.get("NO_COLOR")
