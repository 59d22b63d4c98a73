# SPDX-License-Identifier: Apache-2.0
"""`kfp-katib validate`: every finding in a manifest, one per line, and what an engine would refuse to run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import click

from kfp_katib.cli.verbs import Verb, json_option, label, source
from kfp_katib.engines.engine import ENGINES, named
from kfp_katib.errors import ManifestError
from kfp_katib.experiment import Problem, load
from kfp_katib.experiment.line_numbers import placed
from kfp_katib.experiment.load import warnings_on
from kfp_katib.results.brief import counted

ALL = "all"


class Found(NamedTuple):
    """A problem, its severity here, and the engine that refuses it; empty if a rule for all engines does."""

    problem: Problem
    severity: str
    engine: str = ""


@click.command(name="validate", cls=Verb)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--engine",
    type=click.Choice([*ENGINES, ALL]),
    default=ALL,
    show_default=True,
    help="The engine that will run it: whatever that one would refuse is then an error too.",
)
@json_option
@click.pass_context
def command(ctx: click.Context, files: tuple[str, ...], engine: str, as_json: bool) -> None:
    """Check each manifest FILE (YAML or JSON; - reads stdin); no cluster is contacted.

    Prints one line for each error (Katib would refuse, hang or lose metrics), each warning (legal but likely
    wrong) and each note (one engine would refuse, another runs it), with its line in the file, the field,
    what we saw, what to do and why. Exit code 2 if there is an error in any file.
    """
    engines = ENGINES if engine == ALL else (engine,)
    found = {file: _found(file, engines) for file in dict.fromkeys(files)}
    click.echo(_as_json(found) if as_json else _as_text(found))
    if any(_count(each, "error") for each in found.values()):
        ctx.exit(2)


def _found(file: str, engines: Sequence[str]) -> list[Found]:
    """What the rules find in a manifest and, if that is no error, what these engines would refuse.

    A refusal is an error only if every one of them refuses.
    """
    try:
        experiment = load(source(file))
    except ManifestError as error:
        return [_weighed(each, engines) for each in error.findings if each.engine in ("", *engines)]
    refused = {name: named(name).refusals(experiment) for name in engines}
    severity = "error" if all(refused.values()) else "note"
    return [
        *(_weighed(each, engines) for each in warnings_on(experiment, *engines)),
        *(
            Found(placed(problem, experiment.origin), severity, name)
            for name, problems in refused.items()
            for problem in problems
        ),
    ]


def _weighed(problem: Problem, engines: Sequence[str]) -> Found:
    """A finding of the rules: what one engine would refuse is a note where another one is asked, too."""
    elsewhere = problem.engine and problem.severity == "error" and len(engines) > 1
    return Found(problem, "note" if elsewhere else problem.severity, problem.engine)


def _as_text(found: dict[str, list[Found]]) -> str:
    lines = [
        line for file, each in found.items() for line in (*_lines(file, each), _counts(label(file), each))
    ]
    if len(found) > 1:
        lines.append(_counts(f"{len(found)} files", [each for one in found.values() for each in one]))
    return "\n".join(lines)


def _lines(file: str, found: Sequence[Found]) -> list[str]:
    """A finding a line, in the order of the file's own lines."""
    return [_line(file, each) for each in sorted(found, key=lambda each: each.problem.line or 0)]


def _line(file: str, found: Found) -> str:
    problem, severity, engine = found
    place = f"{label(file)}:{problem.line}" if problem.line else label(file)
    weight = f"{severity} ({engine})" if engine else severity
    return " ".join(f"{place}: {weight}: {problem.said} {problem.reason}".split())


def _counts(what: str, found: Sequence[Found]) -> str:
    counts = [counted(_count(found, "error"), "error"), counted(_count(found, "warning"), "warning")]
    if notes := _count(found, "note"):
        counts.append(counted(notes, "note"))
    return f"{what}: {', '.join(counts)}"


def _as_json(found: dict[str, list[Found]]) -> str:
    """One file's object; of several files, a list of them."""
    objects = [_object(file, each) for file, each in found.items()]
    return json.dumps(objects[0] if len(objects) == 1 else objects, indent=2, default=str)


def _object(file: str, found: Sequence[Found]) -> dict[str, Any]:
    problems = [
        {
            "severity": severity,
            "rule": problem.rule,
            "path": problem.path,
            "line": problem.line,
            "value": problem.value,
            "message": problem.message,
            "mend": problem.fix,
            "why": problem.why,
            "engine": engine,
        }
        for problem, severity, engine in found
    ]
    return {"file": label(file), "valid": not _count(found, "error"), "problems": problems}


def _count(found: Sequence[Found], severity: str) -> int:
    return sum(each.severity == severity for each in found)
