# SPDX-License-Identifier: Apache-2.0
"""The one-screen summary in GitHub's Markdown: what won, how to use it, what to know."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

from kfp_katib.report import words
from kfp_katib.report.trade_off import trade_off
from kfp_katib.results import Result, Trial, elapsed, metric_text, ranked
from kfp_katib.results.brief import duration, legible, short
from kfp_katib.results.table import parameter_names

_ROWS = 5  # trials in the table: a summary is one screen
_NOTES = 8
_LOG_LINES = 8
_MARKS = re.compile(r"([\\`*_\[\]|~#])")


def markdown(result: Result, *, collected: Trial | None = None) -> str:
    """The summary of a Result.

    Args:
        result: The Result.
        collected: The trial whose model was collected, if that is not the best trial.
    """
    shown = collected or result.best
    parts = [f"## {_text(words.verdict(result))}", _text(" ".join(_facts(result)))]
    if result.state != "Succeeded" and result.message:
        parts += [_text(result.message.rstrip(".")) + "."]
    if shown:
        parts += _best(result, shown)
    if ranking := ranked(result.trials, result.experiment.objective)[:_ROWS]:
        parts += ["### Best trials", _table(result, ranking)]
    if pareto := trade_off(result, _ROWS):
        parts += ["### Pareto set", _text(pareto.sentence)]
        parts += [_table(result, pareto.shown, pareto.metrics)] if pareto.shown else []
    parts += _last_failure(result)
    if result.notes:
        parts += ["### Notes", _notes(result.notes)]
    return "\n\n".join(parts) + "\n"


def _facts(result: Result) -> Iterator[str]:
    """How many trials, whether the goal was reached, how long it took and since when, and the seed."""
    yield f"{words.counts(result)}."
    if goal := words.goal(result):
        yield f"{goal.capitalize()}."
    begun, ended = words.period(result)
    if begun and ended:
        yield f"{duration(elapsed(result.trials))} from {words.moment(begun)}."
    if seed := result.provenance.seed:
        yield f"Seed {seed}."


def _best(result: Result, shown: Trial) -> list[str]:
    metric, value = result.experiment.objective.metric, words.value_text(shown, result)
    title = "Best trial" if shown == result.best else "Trial of the collected model"
    heading = f"### {title}: {_text(shown.name)} ({_text(f'{metric}={value}')})"
    parameters = _block(words.as_yaml(shown, result.experiment.parameters), "yaml")
    command = words.command(shown, result.experiment)
    caution = words.caution(shown, result.experiment)
    told = [_block(command, "sh") if command else "", _text(caution) if caution else ""]
    return [heading, parameters, *filter(None, told)]


def _notes(notes: Sequence[str]) -> str:
    lines = [f"- {_text(note)}" for note in notes[:_NOTES]]
    if len(notes) > _NOTES:
        lines.append(f"- … and {len(notes) - _NOTES} more in the report.")
    return "\n".join(lines)


def _table(result: Result, shown: Sequence[Trial], metrics: Sequence[str] = ()) -> str:
    """The trials with their values of these metrics, of the objective's alone if none is named."""
    objective = result.experiment.objective
    metrics = metrics or [objective.metric]
    known, categories = parameter_names(result.experiment, result.trials), words.categories(result)
    parameters = [name for name in known if any(name in trial.parameters for trial in shown)]
    rows = [["trial", *metrics, *parameters, "duration"]]
    rows += [
        [
            trial.name,
            *(short(metric_text(trial.metrics[name], objective.strategies[name])) for name in metrics),
            *(
                text if name in categories else short(text)
                for name in parameters
                for text in [trial.parameters.get(name, "")]
            ),
            duration(trial.seconds),
        ]
        for trial in shown
    ]
    head, *body = ["| " + " | ".join(_text(cell) for cell in row) + " |" for row in rows]
    return "\n".join([head, "|" + " --- |" * len(rows[0]), *body])


def _last_failure(result: Result) -> list[str]:
    failed = result.failures
    if not failed:
        return []
    last = failed[-1]
    how = f"{last.name}, {last.reason or last.state}{words.exit_code(last)}"
    heading = f"### {len(failed)} failed; the last: {_text(how)}"
    log = words.log_end(last, lines=_LOG_LINES)
    why = [_text(last.message)] if last.message else []
    return [heading, *why, _block(log, "text") if log else "It left no log."]


def _text(text: str) -> str:
    """The text on one line, escaped for Markdown, HTML and table cells."""
    line = " ".join(legible(text).split())
    return html.escape(_MARKS.sub(r"\\\1", line), quote=False)


def _block(text: str, language: str) -> str:
    """A code block whose fence is longer than any run of backquotes in it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"
