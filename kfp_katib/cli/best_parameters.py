# SPDX-License-Identifier: Apache-2.0
"""`kfp-katib best`: the best trial of a search, in the form in which its parameters are needed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import click

from kfp_katib.cli.search_name import named_search, place_options, read
from kfp_katib.cli.verbs import Verb
from kfp_katib.errors import InputError, KfpKatibError
from kfp_katib.report import words
from kfp_katib.results import Result, Trial
from kfp_katib.trial.to_paste import command_line

Form = Callable[[Result, Trial], str]


@click.command(name="best", cls=Verb)
@click.argument("name")
@place_options
@click.option("--command", "form", flag_value="command", help="The trial's whole command, to paste.")
@click.option("--json", "form", flag_value="json", help="The parameters as a JSON object.")
@click.option("--yaml", "form", flag_value="yaml", help="The parameters as YAML.")
@click.option("--env", "form", flag_value="env", help="The parameters as lines NAME=value for a shell.")
def command(name: str, runs: Path, namespace: str, form: str | None) -> None:
    """Print the best trial of the search NAME, as far as the search is now.

    NAME is a search of this machine (x or DIR/x), or an Experiment in a cluster, whoever created it
    (experiment/x). Exit code 1 if no trial has a finite objective.
    """
    result = read(named_search(name, runs=runs, namespace=namespace))
    if result.best is None:
        raise KfpKatibError(
            f"Experiment '{result.experiment.name}' has no trial with a finite "
            f"{result.experiment.objective.metric}. Look at its trials: kfp-katib show {name}"
        )
    click.echo(_FORMS[form](result, result.best))
    if form == "command" and (caution := words.caution(result.best, result.experiment)):
        click.echo(f"Note: {caution}", err=True)


def _in_words(result: Result, best: Trial) -> str:
    value = words.value_text(best, result)
    flags = words.as_flags(best).replace("\n", "\n    ")
    return f"{best.name}: {result.experiment.objective.metric}={value}\n    {flags}"


def as_environment(parameters: dict[str, str]) -> str:
    """`NAME=value`, one a line, quoted for a shell: `batch-size` becomes `BATCH_SIZE`.

    Raises:
        InputError: Two parameters would become one variable, or one becomes none.
    """
    variables: dict[str, str] = {}
    for name, text in parameters.items():
        variable = re.sub(r"\W", "_", name.lstrip("-"), flags=re.ASCII).upper()
        if not variable.strip("_") or variable[0].isdigit() or variable in variables:
            raise InputError(f"Parameter '{name}' makes no environment variable of its own. Use --json.")
        variables[variable] = text
    return "\n".join(f"{name}={shlex.quote(text)}" for name, text in variables.items())


_FORMS: dict[str | None, Form] = {
    None: _in_words,
    "command": lambda result, best: command_line(result.experiment, best),
    "json": lambda result, best: words.as_json(best, result.experiment.parameters),
    "yaml": lambda result, best: words.as_yaml(best, result.experiment.parameters),
    "env": lambda _, best: as_environment(dict(best.parameters)),
}
