# SPDX-License-Identifier: Apache-2.0
"""NAME on the command line: which search it names, on this machine or in a cluster, and how that is read.

`x` and `runs/x` are on this machine, `experiment/x` is in a cluster. What is not in the one place is never
looked for in the other.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import click

from kfp_katib.cli.verbs import namespace_option
from kfp_katib.engines.engine import Engine, of_cluster, of_this_machine
from kfp_katib.engines.options import Identity, RunOptions
from kfp_katib.errors import InputError
from kfp_katib.results import Progress, Result

F = TypeVar("F", bound=Callable[..., Any])
CLUSTER = "experiment/"
"""What stands before the name of an Experiment in a cluster."""

runs_option = click.option(
    "--runs",
    type=click.Path(path_type=Path),
    default=RunOptions().runs,
    show_default=True,
    help="Folder of all searches of this machine.",
    metavar="DIR",
)


@dataclass(frozen=True, slots=True)
class Search:
    """A search that somebody named; it need not be there.

    Attributes:
        text: What the user wrote.
        engine: What has it.
        name: The Experiment's name.
        options: Where the engine finds it.
    """

    text: str
    engine: Engine
    name: str
    options: RunOptions

    @property
    def folder(self) -> Path | None:
        """Where it keeps its files; None in a cluster."""
        return self.options.runs.absolute() / self.name if self.engine.trials_here else None


def place_options(command: F) -> F:
    """`--runs` and `-n`: where a search is looked for."""
    return namespace_option(runs_option(command))


def named_search(text: str, *, runs: Path, namespace: str) -> Search:
    """The search that NAME names.

    Args:
        text: NAME, as the user wrote it.
        runs: The folder of a search that is named without one.
        namespace: That of an Experiment in a cluster; empty for the kubeconfig's.

    Raises:
        InputError: It is no name, or a namespace is given for a search of this machine.
    """
    (search,) = named_searches((text,), runs=runs, namespace=namespace)
    return search


def named_searches(texts: Sequence[str], *, runs: Path, namespace: str) -> tuple[Search, ...]:
    """The searches that several NAMEs name, as `named_search`; one in a cluster is enough for a namespace."""
    found = tuple(parsed(text, runs=runs, namespace=namespace) for text in texts)
    if namespace and found and all(each.engine.trials_here for each in found):
        search = found[0]
        raise InputError(
            f"{search.text!r} names a search of this machine, and -n is for a cluster. Leave out -n "
            f"{namespace}, or name the Experiment there: {CLUSTER}{search.name}"
        )
    return found


def parsed(text: str, *, runs: Path, namespace: str) -> Search:
    """What a NAME means, wherever one may stand.

    Raises:
        InputError: It is no name.
    """
    if text.startswith(CLUSTER):
        name = text.removeprefix(CLUSTER)
        if not name.strip() or "/" in name:
            raise InputError(f"{text!r} names no Experiment in a cluster. Write {CLUSTER}NAME.")
        return Search(text, of_cluster(), name, RunOptions(identity=Identity(namespace=namespace)))
    if text.strip() in ("", "."):
        raise InputError(f"{text!r} is no name of a search. {_ways(runs)}")
    folder = Path(os.path.normpath(text)) if os.sep in text else runs / text
    if folder.name in ("", ".."):
        raise InputError(f"{text!r} is no search in {runs.absolute()}. {_ways(runs)}")
    return Search(text, of_this_machine(), folder.name, RunOptions(runs=folder.parent))


def _ways(runs: Path) -> str:
    return f"Give its name, or {runs / 'NAME'}; in a cluster: {CLUSTER}NAME."


def read(search: Search) -> Result:
    """What is known of a search now; nothing is changed.

    Raises:
        InputError: There is no such search; the message names those that are near.
    """
    return search.engine.read(search.name, search.options)


def watched(search: Search, on_update: Callable[[Progress], None] | None) -> Result:
    """Follow a search to its verdict; nothing is changed.

    Raises:
        InputError: There is no such search.
        Unfinished: It ended without a verdict.
    """
    return search.engine.watch(search.name, replace(search.options, on_update=on_update))
