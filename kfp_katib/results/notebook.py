# SPDX-License-Identifier: Apache-2.0
"""A search as a notebook shows it: the answer, the best trial, every trial's value as a picture.

Plain HTML and SVG without script and without rules of style for the page around it. Text has the page's own
colour and the other colours are of middle lightness, so it looks right on a light page and on a dark one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

from kfp_katib.results.brief import counted, duration, legible, short
from kfp_katib.results.history import drawn
from kfp_katib.results.table import parameter_names
from kfp_katib.results.trials import Trial, elapsed
from kfp_katib.results.values import objective_text

if TYPE_CHECKING:
    from kfp_katib.experiment.model import Experiment

_COLOURS = {"Succeeded": "#2e9e5b", "Failed": "#d9534f"}
_OTHER = "#8a8a8a"
_NOTES = 5
_LOG_LINES = 20
_CELL = "text-align:left;padding:2px 14px 2px 0"


def shown(
    experiment: Experiment,
    trials: Sequence[Trial],
    *,
    state: str,
    reason: str,
    message: str,
    best: Trial | None,
    notes: Sequence[str],
) -> str:
    """The HTML of a search that is in this state, for these reasons."""
    return "".join(
        [
            '<div style="max-width:760px;line-height:1.45">',
            _head(experiment, state, best),
            _counts(trials, reason, message),
            _best(experiment, best),
            _failure(trials) if state == "Failed" or best is None else "",
            drawn(trials, experiment.objective),
            _list(notes),
            "</div>",
        ]
    )


def _head(experiment: Experiment, state: str, best: Trial | None) -> str:
    """How it ended, and the best value."""
    colour = _COLOURS.get(state, _OTHER)
    style = f"background:{colour};color:#fff;border-radius:4px;padding:1px 8px"
    badge = f'<span style="{style}">{_plain(state)}</span>'
    objective = experiment.objective
    if best is None:
        answer = f"no trial has a finite {_plain(objective.metric)}"
    else:
        text = objective_text(best, objective)
        value = f'<b title="{_plain(text)}">{_plain(short(text))}</b>'
        answer = f"best {_plain(objective.metric)} {value} ({objective.type}) in {_plain(best.name)}"
    return f'<div style="font-size:1.1em">{badge} <b>{_plain(experiment.name)}</b>: {answer}</div>'


def _counts(trials: Sequence[Trial], reason: str, message: str) -> str:
    """How many trials ended how, how long it took, and Katib's reason."""
    states = dict.fromkeys(trial.state for trial in trials)
    each = [f"{sum(trial.state == state for trial in trials)} {state}" for state in states]
    parts = [counted(len(trials), "trial") + (f": {', '.join(each)}" if each else "")]
    if (took := elapsed(trials)) is not None:
        parts.append(duration(took))
    if reason:
        parts.append(f"{message} ({reason})" if message else reason)
    return f'<div style="opacity:.8">{_plain(" · ".join(parts))}</div>'


def _best(experiment: Experiment, best: Trial | None) -> str:
    """The best trial's parameters in the manifest's order, in one row."""
    if best is None or not best.parameters:
        return ""
    names = [name for name in parameter_names(experiment, [best]) if name in best.parameters]
    head = "".join(f'<th style="{_CELL}">{_plain(name)}</th>' for name in names)
    cells = "".join(_cell(best.parameters[name]) for name in names)
    return f'<table style="margin:8px 0"><tr>{head}</tr><tr>{cells}</tr></table>'


def _failure(trials: Sequence[Trial]) -> str:
    """Why the last trial that failed did, with the end of its log to be opened."""
    last = next((trial for trial in reversed(trials) if trial.failed), None)
    if last is None:
        return ""
    lines = "\n".join(legible(last.log_tail).splitlines()[-_LOG_LINES:])
    log = f"<details><summary>the end of its log</summary><pre>{_plain(lines)}</pre></details>"
    return f"<div>{_plain(last.name)} {last.state}: {_plain(last.message)}{log if lines else ''}</div>"


def _cell(text: str) -> str:
    return f'<td style="{_CELL}" title="{_plain(text)}">{_plain(short(text))}</td>'


def _list(notes: Iterable[str]) -> str:
    """The first notes; a Result has all of them."""
    every = list(notes)
    items = "".join(f"<li>{_plain(note)}</li>" for note in every[:_NOTES])
    more = len(every) - _NOTES
    left = f"<li>… and {counted(more, 'more note')}: <code>result.notes</code></li>" if more > 0 else ""
    return f'<ul style="opacity:.8;margin:4px 0">{items}{left}</ul>' if every else ""


def _plain(text: str) -> str:
    """Text as it can be seen, never markup."""
    return escape(legible(text))
