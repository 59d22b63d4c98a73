# SPDX-License-Identifier: Apache-2.0
"""`kfp-katib init`: a manifest to begin with, from the arguments of a training script."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from kfp_katib.cli.verbs import STDOUT, Verb, warn, write
from kfp_katib.engines.engine import ENGINES
from kfp_katib.engines.local.interpreter import interpreters
from kfp_katib.engines.options import ON_PATH
from kfp_katib.errors import InputError
from kfp_katib.experiment import load
from kfp_katib.proposal import (
    Objective,
    Proposal,
    Typed,
    Wishes,
    ask,
    guessed,
    propose,
    to_text,
    try_out,
    typed,
)
from kfp_katib.results.brief import counted

USUAL = Wishes()


@click.command(name="init", cls=Verb, context_settings={"allow_interspersed_args": False})
@click.argument("words", nargs=-1, required=True, metavar="-- COMMAND...", type=click.UNPROCESSED)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True),
    default=STDOUT,
    metavar="FILE",
    help="Write it to this file.",
)
@click.option("--force", is_flag=True, help="Overwrite the file.")
@click.option("--metric", metavar="NAME", help="The objective's metric.")
@click.option("--minimize", "aim", flag_value="minimize", help="Less of it is better.")
@click.option("--maximize", "aim", flag_value="maximize", help="More of it is better.")
@click.option("--try", "tried", is_flag=True, help="Run the script once, to see what it prints.")
@click.option(
    "--try-seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    metavar="N",
    help="End that run after this time.",
)
@click.option(
    "--search", multiple=True, metavar="NAME", help="Search this option; repeatable, then only these."
)
@click.option(
    "--max-trials",
    type=click.IntRange(min=1),
    default=USUAL.max_trials,
    show_default=True,
    help="The budget.",
)
@click.option(
    "--parallel-trials",
    type=click.IntRange(min=1),
    default=USUAL.parallel_trials,
    show_default=True,
    help="Trials at a time.",
)
@click.option(
    "--algorithm", metavar="NAME", default=USUAL.algorithm, show_default=True, help="Katib's name of it."
)
@click.option("--image", metavar="TEXT", help="The trials' image on a cluster; default: ${pipeline.image}.")
@click.option("--python", metavar="PATH", help="What python is in the command; default: that of your PATH.")
def command(
    words: tuple[str, ...],
    *,
    output: str,
    force: bool,
    tried: bool,
    try_seconds: float,
    python: str | None,
    **wishes: Any,
) -> None:
    """Propose a manifest for the script in COMMAND, such as `python train.py --epochs 3`.

    The script is run with --help, and no further. Options that look like hyperparameters get a space, each
    with a comment that says why; flags that you write behind the script are the same in every trial.
    """
    if output != STDOUT:
        _check_place(Path(output), force)
    pythons = interpreters(python or ON_PATH, os.environ)
    env = pythons.variables(os.environ)
    line = typed(words, path=pythons.path, programs=pythons.programs)
    arguments = ask(
        line, env=env, slow=lambda: _say(f"{line.script} --help takes a while; it is ended after a minute.")
    )
    proposal = propose(line, arguments, Wishes(**wishes))
    objective = (
        try_out(proposal, env=env, seconds=try_seconds, say=_say)
        if tried
        else guessed(proposal.wishes.metric, proposal.wishes.aim, _source(line))
    )
    _write(to_text(proposal, objective), output)
    _say(_told(proposal, objective, output))


def _check_place(output: Path, force: bool) -> None:
    """Refuse a file that cannot be written, before a minute of training."""
    if output.exists() and not force:
        raise InputError(f"{output} is there already. --force overwrites it, or choose another name for -o.")
    if not output.absolute().parent.is_dir():
        raise InputError(f"-o {output}: {output.parent} is not a folder. Create it first.")


def _source(line: Typed) -> str:
    script = Path(line.script)
    return script.read_text(errors="replace") if script.suffix == ".py" and script.is_file() else ""


def _write(text: str, output: str) -> None:
    """Write the manifest, if it is one that `validate` accepts.

    Raises:
        ManifestError: It is not, as with an algorithm that cannot search such a space.
    """
    label = "the proposal" if output == STDOUT else output
    warn(load(text, name=label), label, *ENGINES)
    write(text, output)


def _told(proposal: Proposal, objective: Objective, output: str) -> str:
    """What was proposed, and what comes next."""
    names = ", ".join(each.option.flag for each in proposal.searched)
    left = f"; {counted(len(proposal.left), 'option')} left alone, the file says why" if proposal.left else ""
    file = "FILE" if output == STDOUT else output
    return (
        f"Searched: {names}{left}.\n{objective.aim} {objective.metric}: {objective.why}.\n"
        f"Read {file}, then: kfp-katib validate {file}; kfp-katib run {file}"
    )


def _say(text: str) -> None:
    click.echo(text, err=True)
