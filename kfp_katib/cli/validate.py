# SPDX-License-Identifier: Apache-2.0
"""`kfp-katib validate`: every finding in a manifest, one per line, and what an engine would refuse to run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import click

from kfp_katib.cli.verbs import Verb, json_option, label, manifest_argument, source
from kfp_katib.engines.engine import ENGINES, named
from kfp_katib.errors import ManifestError
from kfp_katib.experiment import Problem, load

ALL = "all"


class Found(NamedTuple):
    """A problem, its severity here, and the engine that refuses it; empty if a rule for all engines does."""

    problem: Problem
    severity: str
    engine: str = ""


@click.command(name="validate", cls=Verb)
@manifest_argument
@click.option(
    "--engine",
    type=click.Choice([*ENGINES, ALL]),
    default=ALL,
    show_default=True,
    help="The engine that will run it: whatever that one would refuse is then an error too.",
)
@json_option
@click.pass_context
def command(ctx: click.Context, file: str, engine: str, as_json: bool) -> None:
    """Check the manifest FILE (YAML or JSON; - reads stdin); no cluster is contacted.

    Prints one line for each error (Katib would refuse, hang or lose metrics), each warning (legal but likely
    wrong) and each note (one engine would refuse, another runs it), with the field, what we saw, what to do
    and why. Exit code 2 if there is an error.
    """
    found = _found(source(file), ENGINES if engine == ALL else (engine,))
    click.echo(_as_json(file, found) if as_json else _as_text(file, found))
    if _count(found, "error"):
        ctx.exit(2)


def _found(manifest: Path | bytes, engines: Sequence[str]) -> list[Found]:
    """What the rules find and, if that is no error, what these engines would refuse.

    A refusal is an error only if every one of them refuses.
    """
    try:
        experiment = load(manifest)
    except ManifestError as error:
        return [Found(problem, problem.severity) for problem in error.findings]
    refused = {name: named(name).refusals(experiment) for name in engines}
    severity = "error" if all(refused.values()) else "note"
    return [
        *(Found(problem, problem.severity) for problem in experiment.warnings),
        *(Found(problem, severity, name) for name, problems in refused.items() for problem in problems),
    ]


def _as_text(file: str, found: Sequence[Found]) -> str:
    counts = [_counted(_count(found, "error"), "error"), _counted(_count(found, "warning"), "warning")]
    if notes := _count(found, "note"):
        counts.append(_counted(notes, "note"))
    return "\n".join([*map(_line, found), f"{label(file)}: {', '.join(counts)}"])


def _line(found: Found) -> str:
    weight = f"{found.severity} ({found.engine})" if found.engine else found.severity
    return weight + found.problem.explained.removeprefix(found.problem.severity)


def _as_json(file: str, found: Sequence[Found]) -> str:
    problems = [
        {
            "severity": severity,
            "rule": problem.rule,
            "path": problem.path,
            "value": problem.value,
            "message": problem.message,
            "mend": problem.fix,
            "why": problem.why,
            "engine": engine,
        }
        for problem, severity, engine in found
    ]
    valid = not _count(found, "error")
    return json.dumps({"file": label(file), "valid": valid, "problems": problems}, indent=2, default=str)


def _count(found: Sequence[Found], severity: str) -> int:
    return sum(each.severity == severity for each in found)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
