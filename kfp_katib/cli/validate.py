# SPDX-License-Identifier: Apache-2.0
"""`kfp-katib validate`: every finding in a manifest, one a line."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from kfp_katib.cli.verbs import Verb, json_option, label, manifest_argument, source
from kfp_katib.experiment import Problem, check


@click.command(name="validate", cls=Verb)
@manifest_argument
@json_option
@click.pass_context
def command(ctx: click.Context, file: str, as_json: bool) -> None:
    """Check the manifest FILE (YAML or JSON; - reads stdin).

    Prints one line for each error (Katib would refuse, hang or lose metrics) and each warning (legal, likely
    wrong), with the field, what we saw, what to do and why. Exit code 2 where there is an error.
    """
    problems = check(source(file))
    click.echo(_as_json(file, problems) if as_json else _as_text(file, problems))
    if _count(problems, "error"):
        ctx.exit(2)


def _as_text(file: str, problems: Sequence[Problem]) -> str:
    lines = [problem.explained for problem in problems]
    errors, warnings = _count(problems, "error"), _count(problems, "warning")
    return "\n".join([*lines, f"{label(file)}: {_counted(errors, 'error')}, {_counted(warnings, 'warning')}"])


def _as_json(file: str, problems: Sequence[Problem]) -> str:
    found = [
        {
            "severity": problem.severity,
            "rule": problem.rule,
            "path": problem.path,
            "value": problem.value,
            "message": problem.message,
            "mend": problem.fix,
            "why": problem.why,
        }
        for problem in problems
    ]
    valid = not _count(problems, "error")
    return json.dumps({"file": label(file), "valid": valid, "problems": found}, indent=2, default=str)


def _count(problems: Sequence[Problem], severity: str) -> int:
    return sum(problem.severity == severity for problem in problems)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
