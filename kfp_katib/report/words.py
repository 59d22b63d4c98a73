# SPDX-License-Identifier: Apache-2.0
"""Wording shared by all reports: verdict, counts, times, parameters to copy, a log's end."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, get_args

from kfp_katib.errors import InputError
from kfp_katib.results import (
    FINAL,
    Progress,
    Result,
    Trial,
    TrialState,
    assignments,
    compared,
    objective_text,
    reaches_goal,
)
from kfp_katib.results.brief import counted, figures, legible

if TYPE_CHECKING:
    from kfp_katib.experiment.model import Experiment, Parameter

LOG_CHARACTERS = 4000  # of a trial's log: enough for a traceback


def verdict(result: Result) -> str:
    """One sentence: how the search ended, and its best value."""
    objective = result.experiment.objective
    if result.state not in FINAL:
        head = f"Experiment {result.experiment.name} has no verdict yet"
    elif result.state == "Succeeded" and result.best is None:
        head = f"Experiment {result.experiment.name} ended without a usable result"
    else:
        head = f"Experiment {result.experiment.name} {result.state.lower()}"
    if result.best is None:
        return f"{head}: no trial has a finite {objective.metric}."
    value = figures(value_text(result.best, result))
    return f"{head}: best {objective.metric} {value} in trial {result.best.name}."


def value_text(trial: Trial, result: Result | Progress) -> str:
    """The objective as Katib's text; a dash where there is none."""
    objective = result.experiment.objective
    if compared(trial, objective) is not None:
        return objective_text(trial, objective)
    reported = trial.metrics.get(objective.metric)
    return (reported.latest or "not a number") if reported else "–"


def counts(result: Result) -> str:
    """How many trials ended how, such as `12 trials: 10 Succeeded, 2 Failed`."""
    by_state = [(state, result.count(state)) for state in get_args(TrialState)]
    parts = ", ".join(f"{count} {state}" for state, count in by_state if count)
    return counted(len(result.trials), "trial") + (f": {parts}" if parts else "")


def exit_code(trial: Trial) -> str:
    """`, exit code 137`, to follow a state or a reason; empty where none is known, or the message says it."""
    said = trial.exit_code is None or "xit code" in trial.message
    return "" if said else f", exit code {trial.exit_code}"


def moment(when: datetime) -> str:
    """A time as `2026-01-02 03:04:05 UTC`, the same wherever it is read."""
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def period(result: Result) -> tuple[datetime | None, datetime | None]:
    """When the first trial began and the last one ended; None where none did, or where trials still run."""
    begun = [trial.started for trial in result.trials if trial.started]
    ended = [trial.ended for trial in result.trials if trial.ended]
    over = result.completed == len(result.trials) and ended
    return min(begun, default=None), max(ended) if over else None


def goal(result: Result) -> str:
    """Whether the goal was reached, such as `goal 0.1 reached`; empty where there is none."""
    objective = result.experiment.objective
    if objective.goal is None:
        return ""
    reached = reaches_goal(result.best_value, objective)
    return f"goal {objective.goal:g} {'reached' if reached else 'not reached'}"


def categories(result: Result) -> set[str]:
    """The parameters whose values are words, though they may look like numbers."""
    return {each.name for each in result.experiment.parameters if each.type == "categorical"}


def command(trial: Trial, experiment: Experiment) -> str:
    """The whole command that a trial ran, ready to paste; empty where the manifest does not say it."""
    from kfp_katib.trial.to_paste import (
        command_line,  # with the rules for a command, which a summary needs once
    )

    try:
        return command_line(experiment, trial)
    except InputError:
        return ""


def caution(trial: Trial, experiment: Experiment) -> str:
    """What to know before pasting that command; empty where there is nothing to know."""
    from kfp_katib.trial import to_paste

    try:
        return to_paste.caution(experiment, trial)
    except InputError:
        return ""


def log_end(trial: Trial, *, lines: int | None = None, characters: int = LOG_CHARACTERS) -> str:
    """The end of the trial's log: this many lines, or as much as fits on a page."""
    text = legible(trial.log_tail).strip("\n")
    if lines is not None:
        return "\n".join(text.splitlines()[-lines:])
    cut = "…" + text[-characters:] if characters else ""
    return text if len(text) <= characters else cut


def as_flags(trial: Trial) -> str:
    """`--name=value`, one per line, quoted for a shell; a name that is a flag already stays as it is."""
    flags = {name: name if name.startswith("-") else f"--{name}" for name in trial.parameters}
    return " \\\n".join(shlex.quote(f"{flags[name]}={text}") for name, text in trial.parameters.items())


def as_yaml(trial: Trial, parameters: Iterable[Parameter]) -> str:
    """One `name: value` per line."""
    import yaml  # takes longer than everything the live line needs

    return yaml.safe_dump(assignments(trial, parameters), sort_keys=False, allow_unicode=True).rstrip()


def as_json(trial: Trial, parameters: Iterable[Parameter]) -> str:
    """The parameters as one JSON object."""
    return json.dumps(assignments(trial, parameters), indent=2, ensure_ascii=False)
