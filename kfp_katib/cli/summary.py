# SPDX-License-Identifier: Apache-2.0
"""What `run` and `watch` print at the end: the trials, the best one, how to use it, where everything is."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import indent
from typing import TextIO

import click

from kfp_katib.report import words
from kfp_katib.results import FINAL, Result, Trial, ranked, to_json

ROWS = 20
"""The table shows this many trials: the best, and the last ones that failed."""

LOG_LINES = 20
HEADER_WIDTH = 16
"""A longer parameter name takes two lines in the table's header, which should fit into 80 columns."""


def show(
    result: Result,
    folder: Path | None = None,
    report: Path | None = None,
    *,
    as_json: bool,
    said: Sequence[str],
) -> None:
    """Print the Result to stdout and, if it failed, why to stderr; write the report as one HTML file.

    Args:
        result: The Result.
        as_json: Whether to print JSON, for programs.
        said: As for `summary`.
        folder: As for `summary`.
        report: The report's file, if one is wanted.
    """
    text = to_json(result) if as_json else summary(result, folder, colour=in_colour(sys.stdout), said=said)
    click.echo(text)
    if not result.succeeded and (why := last_failure(result, folder)):
        click.echo(why, err=True)
    if report:
        from kfp_katib.report import html

        report.write_text(html(result), encoding="utf-8")
        click.echo(f"Report: {report}", err=True)


def summary(result: Result, folder: Path | None, *, colour: bool, said: Sequence[str] = ()) -> str:
    """The whole summary as text.

    Args:
        result: The Result.
        folder: Where the search keeps its files, `runs/<experiment>`; None if it ran in a cluster.
        colour: Whether the best trial may be set in bold.
        said: Notes that were shown before.
    """
    ended = result.state in FINAL  # otherwise Katib's own message only says that it is running
    reason = [f"{result.message} ({result.reason})."] if ended else []
    parts = [_table(result, colour)] if result.trials else []
    parts.append("\n".join([f"{words.verdict(result)} {words.counts(result)}.", *reason]))
    parts += [f"Note: {note}" for note in result.notes if note not in said]
    if result.best:
        parts.append(_best(result.best))
    if folder:
        parts.append(f"Logs and metrics of every trial: {folder}")
    return "\n\n".join(parts)


def last_failure(result: Result, folder: Path | None) -> str:
    """The last failed trial, why it failed, and the end of its log; empty where none failed."""
    if not result.failures:
        return ""
    trial = result.failures[-1]
    code = words.exit_code(trial) if trial.exit_code and "xit code" not in trial.message else ""
    head = f"Trial {trial.name} {trial.state}{code}: {trial.message}"
    tail = words.log_end(trial, lines=LOG_LINES) or "(it wrote nothing)"
    files = [f"Its files: {folder / trial.name}"] if folder else []
    return "\n".join([head, indent(tail, "    "), *files])


def _table(result: Result, colour: bool) -> str:
    from tabulate import tabulate

    shown = _shown(result)
    parameters = [parameter.name for parameter in result.experiment.parameters]
    header = ["", "trial", "state", result.experiment.objective.metric, *parameters, "time"]
    rows = [_row(trial, result, bold=colour and trial == result.best) for trial in shown]
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


def _row(trial: Trial, result: Result, *, bold: bool) -> list[str]:
    """A trial's cells; sampled fractions show as many digits as can be compared."""
    assigned = [(trial.parameters.get(each.name, ""), each.type) for each in result.experiment.parameters]
    cells = [
        "*" if trial == result.best else "",
        trial.name,
        trial.state,
        words.figures(words.value_text(trial, result)),
        *(words.figures(text) if kind == "double" else text for text, kind in assigned),
        words.duration(trial.seconds),
    ]
    return [click.style(cell, bold=True) for cell in cells] if bold else cells


def _best(best: Trial) -> str:
    lines = ["The best trial's parameters, to copy:", indent(words.as_flags(best), "    ")]
    if best.model_uri:
        lines.append(f"Its model, if it wrote one: {best.model_uri}")
    return "\n".join(lines)


def in_colour(stream: TextIO, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether colours and bold may be used: on a terminal, unless NO_COLOR is set (no-color.org)."""
    return stream.isatty() and not environment.get("NO_COLOR")
