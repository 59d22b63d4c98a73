# SPDX-License-Identifier: Apache-2.0
"""What `run` and `watch` print at the end: the trials, the best one, how to use it, where everything is."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, TextIO

import click

from kfp_katib.errors import InputError
from kfp_katib.experiment.model import Parameter
from kfp_katib.report import so_far, words
from kfp_katib.report.columns import Column, fitting, head, rows
from kfp_katib.report.trade_off import trade_off
from kfp_katib.results import FINAL, Result, Trial, ranked, to_json
from kfp_katib.results.brief import duration, figures

if TYPE_CHECKING:
    from kfp_katib.report.events import Events

BEST, FAILURES = 10, 5
"""The table shows this many trials: the best, and the last ones that failed."""

WIDTH = 100
"""How wide the table may be where no terminal says it."""

LOG_LINES = 20


def show(
    result: Result,
    folder: Path | None = None,
    report: Path | None = None,
    *,
    as_json: bool,
    said: Sequence[str],
    events: Events | None = None,
) -> None:
    """Print the Result to stdout and, if it failed, why to stderr; write the report as one HTML file.

    Args:
        result: The Result.
        as_json: Whether to print JSON, for programs.
        said: As for `summary`.
        events: Writes the Result instead, if programs read events.
        folder: As for `summary`.
        report: The report's file, if one is wanted.
    """
    if events:
        events.end(result)
    else:
        click.echo(to_json(result) if as_json else _for_stdout(result, folder, said))
    if not result.succeeded and (why := last_failure(result, folder)):
        click.echo(why, err=True)
    if report:
        from kfp_katib.report import html

        report.write_text(html(result), encoding="utf-8")
        click.echo(f"Report: {report}", err=True)


def _for_stdout(result: Result, folder: Path | None, said: Sequence[str]) -> str:
    width = shutil.get_terminal_size((WIDTH, 0)).columns if sys.stdout.isatty() else WIDTH
    return summary(result, folder, colour=in_colour(sys.stdout), said=said, width=width)


def summary(
    result: Result, folder: Path | None, *, colour: bool, said: Sequence[str] = (), width: int = WIDTH
) -> str:
    """The whole summary as text.

    Args:
        result: The Result.
        folder: Where the search keeps its files, `runs/<experiment>`; None if it ran in a cluster.
        colour: Whether the best trial may be set in bold.
        said: Notes that were shown before.
        width: How wide the table may be, in characters.
    """
    ended = result.state in FINAL  # otherwise Katib's own message only says that it is running
    reason = [f"{result.message} ({result.reason})."] if ended else []
    parts = [_table(result, colour, width)] if result.trials else []
    if pareto := _pareto(result, width):
        parts.append(pareto)
    parts.append("\n".join([f"{words.verdict(result)} {words.counts(result)}.", *reason]))
    if result.succeeded and result.failures:  # of a search that failed, `last_failure` says more
        parts.append(_failed(result))
    parts += [f"Note: {note}" for note in result.notes if note not in said]
    if result.best:
        if caution := words.caution(result.best, result.experiment):
            parts.append(f"Note: {caution}")
        parts.append(_best(result, result.best))
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
    nothing = "(it wrote nothing)" if folder else "(there is no log of it any more)"
    tail = words.log_end(trial, lines=LOG_LINES) or nothing
    files = [f"Its files: {folder / trial.name}"] if folder else []
    return "\n".join([head, indent(tail, "    "), *files])


def _table(result: Result, colour: bool, width: int) -> str:
    """The best trials by the objective, then some of the others; what had to be left out is named."""
    best = ranked(result.trials, result.experiment.objective)
    shown = _shown(result, best)
    columns, left_out = fitting(_columns(shown, result, best), width)
    lines = rows(columns)
    if colour and result.best in shown:
        place = shown.index(result.best)
        lines[place] = click.style(lines[place], bold=True)
    return "\n".join(
        [*_lines(columns, lines), *_left_out(result, shown, best), *_too_wide(left_out)],
    )


def _lines(columns: Sequence[Column], lines: Sequence[str]) -> list[str]:
    """A table's head, a rule, and its rows."""
    return [*head(columns), "  ".join("-" * each.width for each in columns), *lines]


def _too_wide(names: Sequence[str]) -> list[str]:
    return [f"Too wide for the table: {', '.join(names)}."] if names else []


def _shown(result: Result, best: Sequence[Trial]) -> list[Trial]:
    """The trials of the table: those with a value by their rank, then others in order of creation."""
    known = {trial.name for trial in best}
    others = [trial for trial in result.trials if trial.name not in known]
    if len(result.trials) <= BEST + FAILURES:
        return [*best, *others]
    return [*best[:BEST], *result.failures[-FAILURES:]]


def _left_out(result: Result, shown: Sequence[Trial], best: Sequence[Trial]) -> Iterator[str]:
    if len(shown) < len(result.trials):
        metric = result.experiment.objective.metric
        parts = [f"the best {min(BEST, len(best))} by {metric}"] if best else []
        if failures := len(result.failures):
            parts.append(f"the last {min(FAILURES, failures)} of {failures} that failed")
        yield f"Of {len(result.trials)} trials these are {' and '.join(parts)}; --json has all of them."


def _columns(shown: Sequence[Trial], result: Result, best: Sequence[Trial]) -> list[Column]:
    rank = {trial.name: str(place) for place, trial in enumerate(best, 1)}
    metric = [figures(words.value_text(each, result)) for each in shown]
    return [
        *([Column("", [rank.get(each.name, "") for each in shown], needed=True)] if rank else []),
        _names(shown, result),
        Column("state", [each.state for each in shown], needed=True),
        Column(result.experiment.objective.metric, metric, needed=True),
        *_parameters(shown, result),
        Column("time", [duration(each.seconds) for each in shown], needed=True),
    ]


def _names(shown: Sequence[Trial], result: Result) -> Column:
    return Column("trial", [so_far.short_name(each, result.experiment) for each in shown], needed=True)


def _parameters(shown: Sequence[Trial], result: Result) -> list[Column]:
    """Sampled fractions show as many digits as can be compared."""

    def value(trial: Trial, parameter: Parameter) -> str:
        text = trial.parameters.get(parameter.name, "")
        return figures(text) if parameter.type == "double" else text

    known = result.experiment.parameters
    return [Column(each.name, [value(trial, each) for trial in shown]) for each in known]


def _pareto(result: Result, width: int) -> str:
    """The Pareto set; empty where fewer than two metrics have a direction."""
    told = trade_off(result, BEST)
    if told is None or not told.shown:
        return told.sentence if told else ""
    values = [told.values(trial, result) for trial in told.shown]
    columns, left_out = fitting(
        [
            _names(told.shown, result),
            *(
                Column(name, [figures(texts[place]) for texts in values], needed=True)
                for place, name in enumerate(told.metrics)
            ),
            *_parameters(told.shown, result),
        ],
        width,
    )
    return "\n".join([f"Pareto set. {told.sentence}", *_lines(columns, rows(columns)), *_too_wide(left_out)])


def _failed(result: Result) -> str:
    """The last failed trial and the last line of its log."""
    trial, count = result.failures[-1], len(result.failures)
    which = "The trial that failed" if count == 1 else f"The last of {count} trials that failed"
    last = words.log_end(trial, lines=1)
    return f"{which}, {trial.name}: {so_far.reason(trial)}" + (f"\n    {last}" if last else "")


def _best(result: Result, best: Trial) -> str:
    from kfp_katib.trial.to_paste import command_line

    try:
        lines = ["The best trial's command, to paste:", command_line(result.experiment, best)]
    except InputError:  # the manifest does not say it
        lines = ["The best trial's parameters, to copy:", indent(words.as_flags(best), "    ")]
    if best.model_uri:
        lines.append(f"Its model, if it wrote one: {best.model_uri}")
    return "\n".join(lines)


def in_colour(stream: TextIO, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether colours and bold may be used: on a terminal, unless NO_COLOR is set (no-color.org)."""
    return stream.isatty() and not environment.get("NO_COLOR")
