# SPDX-License-Identifier: Apache-2.0
"""`kfp-katib rm`: delete searches of this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Sized
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import click

from kfp_katib.cli.search_name import parsed, runs_option
from kfp_katib.cli.verbs import Verb
from kfp_katib.engines import local
from kfp_katib.errors import InputError, Interrupted
from kfp_katib.results.brief import counted

if TYPE_CHECKING:
    from kfp_katib.engines.local.removal import Removal

_UNITS = ("bytes", "kB", "MB", "GB", "TB")


@click.command(name="rm", cls=Verb)
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@runs_option
@click.option("-y", "--yes", is_flag=True, help="Delete without asking.")
def command(names: tuple[str, ...], runs: Path, yes: bool) -> None:
    """Delete the searches NAME with all their trials, logs, earlier searches, and the models in their folder.

    NAME is an Experiment's name, or its folder DIR/NAME. What is deleted is said first. Models that are
    elsewhere stay; so does a search that is running.
    """
    removals = {name: local.to_delete(name, runs=runs) for name in (_name(each, runs) for each in names)}
    for name, removal in removals.items():
        click.echo(_told(runs / name, removal), err=True)
    if not (yes or _agreed(removals)):
        click.echo("Nothing was deleted.", err=True)
        return
    for name in removals:
        local.discard(name, runs=runs)
        click.echo(f"Deleted {runs / name}.")


def _name(text: str, runs: Path) -> str:
    """The name of a search: `x` for `x` and `runs/x`.

    Raises:
        InputError: It is the name of something else, or leads out of the folder.
    """
    search = parsed(text, runs=runs, namespace="")
    if search.folder is None:
        raise InputError(f"{text!r} is in a cluster. End and delete it there: kfp-katib cancel {text}")
    if ".." in PurePath(text).parts or search.folder.parent != Path(os.path.normpath(runs.absolute())):
        raise InputError(f"{text!r} is no search in {runs.absolute()}. Give its name, or {runs / 'NAME'}.")
    return search.name


def _told(folder: Path, removal: Removal) -> str:
    """What would be deleted of one search, and what would stay."""
    parts = [counted(removal.trials, "trial")]
    if removal.earlier:
        parts.append(f"{removal.earlier} earlier search{'es' * (removal.earlier != 1)}")
    lines = [f"{folder}: {', '.join(parts)}, {size(removal.size)}"]
    lines += [f"    models in {place} stay: delete them yourself" for place in removal.models]
    return "\n".join(lines)


def size(count: float) -> str:
    """A number of bytes, for people."""
    for unit in _UNITS[:-1]:
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == _UNITS[0] else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} {_UNITS[-1]}"


def _agreed(removals: Sized) -> bool:
    """Whether the user says yes.

    Raises:
        InputError: There is nobody to ask.
        Interrupted: Ctrl-C instead of an answer.
    """
    if not sys.stdin.isatty():
        raise InputError("Nothing was deleted: there is no terminal to ask at. Give --yes to delete them.")
    try:
        return click.confirm(f"Delete {'it' if len(removals) == 1 else 'them'}?", err=True)
    except click.Abort as error:
        raise Interrupted("Nothing was deleted.") from error
