# SPDX-License-Identifier: Apache-2.0
"""The page: one HTML file that shows a whole Experiment without network access."""

from __future__ import annotations

import re

from kfp_katib.report import words
from kfp_katib.results import Result, Trial, objective_value

_FAILURES = 5  # spelled out, the latest first; the table holds them all
_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def html(result: Result, *, collected: Trial | None = None) -> str:
    """The report of a Result, finished or not.

    Everything that came from a trial or a manifest is escaped. plotly.js is in the page once, about 5 MB,
    and only where there is something to draw.

    Args:
        result: The Result.
        collected: The trial whose model was collected, if that is not the best trial.
    """
    import jinja2  # takes 0.1 s; neither the summary nor the live line needs it

    loader = jinja2.PackageLoader("kfp_katib.report", "template")
    environment = jinja2.Environment(
        loader=loader,
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: words.legible(value) if type(value) is str else value,
    )
    environment.filters["duration"] = words.duration
    environment.filters["exit_code"] = words.exit_code
    environment.filters["log_end"] = words.log_end
    environment.filters["breakable"] = _breakable
    from kfp_katib.report.figures import figures, script  # only a page is drawn; the summary need not wait

    drawn = figures(result)
    failed = result.failures
    return environment.get_template("page.html").render(
        result=result,
        experiment=result.experiment,
        objective=result.experiment.objective,
        verdict=words.verdict(result),
        counts=words.counts(result),
        shown=(shown := collected or result.best),
        copies=_copies(result, shown),
        parameters=_parameter_names(result),
        value_of=lambda trial: objective_value(trial, result.experiment.objective),
        text_of=lambda trial: words.value_text(trial, result),
        failures=failed[-_FAILURES:][::-1],
        failures_left_out=max(0, len(failed) - _FAILURES),
        figures=drawn,
        script=script(drawn),
        style=loader.get_source(environment, "page.css")[0],
        behaviour=loader.get_source(environment, "page.js")[0],
    )


def _breakable(name: str) -> str:
    """A name such as ExperimentMaxTrialsReached, which may wrap only before a capital letter."""
    from markupsafe import Markup

    return Markup("<wbr>").join(_CAPITAL.split(words.legible(name)))


def _copies(result: Result, shown: Trial | None) -> list[tuple[str, str]]:
    if shown is None:
        return []
    parameters = result.experiment.parameters
    return [
        ("Flags", words.as_flags(shown)),
        ("YAML", words.as_yaml(shown, parameters)),
        ("JSON", words.as_json(shown, parameters)),
    ]


def _parameter_names(result: Result) -> list[str]:
    declared = [parameter.name for parameter in result.experiment.parameters]
    return list(dict.fromkeys([*declared, *(name for trial in result.trials for name in trial.parameters)]))
