# SPDX-License-Identifier: Apache-2.0
"""The page: one HTML file that shows a whole Experiment without network access."""

from __future__ import annotations

import platform
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kfp_katib.report import words
from kfp_katib.report.trade_off import ROWS, trade_off
from kfp_katib.results import Result, ToldTrial, Trial, brief, elapsed, installed, minimized
from kfp_katib.results.table import parameter_names

if TYPE_CHECKING:
    from jinja2 import Environment

_FAILURES = 5  # spelled out, the latest first; the table holds them all
_TOLD = 10  # earlier trials of a warm start, the best ones; their own search's page has them all
_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_KINDS = {"Succeeded": "good", "EarlyStopped": "calm", "Killed": "calm", "Running": "open", "Pending": "open"}
"""How a trial's state looks; the others are failures, which a trial that nobody needed any more is not."""


def html(result: Result, *, collected: Trial | None = None) -> str:
    """The report of a Result, finished or not.

    Everything that came from a trial or a manifest is escaped. plotly.js is in the page once, about 5 MB,
    and only where there is something to draw.

    Args:
        result: The Result.
        collected: The trial whose model was collected, if that is not the best trial.
    """
    from kfp_katib.experiment import to_yaml
    from kfp_katib.report import trial_table  # only a page has all of this; the summary need not wait
    from kfp_katib.report.figures import figures, script

    environment = _environment()
    rows, drawn = trial_table.rows(result), figures(result)
    line: Callable[[trial_table.Row], str] = vars(environment.get_template("rows.html").module)["row"]
    failed, shown = result.failures, collected or result.best
    return environment.get_template("page.html").render(
        result=result,
        experiment=result.experiment,
        objective=result.experiment.objective,
        elapsed=elapsed(result.trials),
        shown=shown,
        command=words.command(shown, result.experiment) if shown else "",
        caution=words.caution(shown, result.experiment) if shown else "",
        copies=list(_copies(result, shown)) if shown else [],
        parameters=parameter_names(result.experiment, result.trials),
        columns=trial_table.columns(result),
        rows=rows[: trial_table.PLAIN_ROWS],
        packed=trial_table.packed(result, rows, line) if rows else "",
        failures=failed[-_FAILURES:][::-1],
        failures_left_out=max(0, len(failed) - _FAILURES),
        told=_best_told(result),
        pareto=trade_off(result, ROWS),
        notes=[note for note in result.notes if note not in result.provenance.told_notes],
        manifest=to_yaml(result.experiment),
        writer=_writer(),
        figures=drawn,
        script=script(drawn),
    )


def _environment() -> Environment:
    import jinja2

    loader = jinja2.PackageLoader("kfp_katib.report", "template")
    environment = jinja2.Environment(
        loader=loader,
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: brief.legible(value) if type(value) is str else value,
    )
    environment.globals |= {
        "words": words,
        "brief": brief,
        "kind": lambda trial: _KINDS.get(trial.state, "bad"),
        "breakable": _breakable,
        "part": lambda name: loader.get_source(environment, name)[0],
    }
    return environment


def _breakable(name: str) -> str:
    """A name such as ExperimentMaxTrialsReached, which may wrap only before a capital letter."""
    from markupsafe import Markup

    return Markup("<wbr>").join(_CAPITAL.split(brief.legible(name)))


def _copies(result: Result, shown: Trial) -> Iterator[tuple[str, str]]:
    parameters = result.experiment.parameters
    yield "Flags", words.as_flags(shown)
    yield "YAML", words.as_yaml(shown, parameters)
    yield "JSON", words.as_json(shown, parameters)


def _best_told(result: Result) -> list[ToldTrial]:
    """The best of the earlier trials that the search was told."""
    objective = result.experiment.objective
    return sorted(result.provenance.told.trials, key=lambda each: minimized(each.value, objective))[:_TOLD]


def _writer() -> str:
    """Who writes the page, and when: of a search that still runs, it is how it stood then."""
    programs = {**installed({"kfp-katib": "kfp-katib"}), "Python": platform.python_version()}
    known = ", ".join(f"{name} {text}" for name, text in programs.items())
    return f"{words.moment(datetime.now(UTC))} by {known}"
