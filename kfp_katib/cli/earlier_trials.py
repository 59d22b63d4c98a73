# SPDX-License-Identifier: Apache-2.0
"""What a new search begins with: `--from`, whose trials it is told, and `--enqueue`, what it tries first."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import click

from kfp_katib.cli.search_name import CLUSTER, Search, parsed, read
from kfp_katib.errors import InputError
from kfp_katib.results import EarlierTrials, Trial, from_csv, from_json

_FILES: dict[str, Callable[[str, str], Sequence[Trial]]] = {".csv": from_csv, ".json": from_json}
_NEXT = re.compile(r",(?=[^,=]+=)")
"""The comma before a further name; any other belongs to a value."""

from_option = click.option(
    "--from",
    "sources",
    multiple=True,
    metavar="SOURCE",
    help="Tell the algorithm earlier trials: DIR/NAME, FILE.csv, FILE.json, experiment/NAME; repeatable.",
)
enqueue_option = click.option(
    "--enqueue",
    multiple=True,
    metavar="NAME=VALUE,...",
    help="Run this point first; the algorithm fills in what is not named; repeatable.",
)


def sources_of(texts: Sequence[str], *, runs: Path, namespace: str) -> tuple[EarlierTrials, ...]:
    """The sources that `--from` names, not yet read.

    Args:
        texts: What the user wrote.
        runs: The folder of a search that is named without one.
        namespace: That of an Experiment in the cluster.

    Raises:
        InputError: A text is empty.
    """
    return tuple(_source(text, runs, namespace) for text in texts)


def _source(text: str, runs: Path, namespace: str) -> EarlierTrials:
    if not text.removeprefix(CLUSTER).strip("/"):
        raise InputError(
            "--from is empty. Name a search's folder, a FILE.csv, a FILE.json or experiment/NAME."
        )
    path = Path(os.path.normpath(text))
    if (parse := _FILES.get(path.suffix.lower())) and not text.startswith(CLUSTER) and not path.is_dir():
        return EarlierTrials(str(path), partial(_of_file, path, parse))
    search = parsed(text, runs=runs, namespace=namespace)
    folder = search.options.runs / search.name
    return EarlierTrials(str(folder) if search.folder else text, partial(_of_search, search))


def _of_file(path: Path, parse: Callable[[str, str], Sequence[Trial]]) -> Sequence[Trial]:
    try:
        return parse(path.read_bytes().decode("utf-8-sig"), str(path))
    except OSError as err:
        raise InputError(f"--from {path}: {err.strerror}. Name a file that can be read.") from err
    except UnicodeDecodeError as err:
        raise InputError(f"--from {path}: it is not UTF-8 (byte {err.start}). Save it as UTF-8.") from err


def _of_search(search: Search) -> Sequence[Trial]:
    try:
        return read(search).trials
    except InputError as err:
        raise InputError(f"--from {search.text}: {err} A FILE.csv or FILE.json will do, too.") from err


def points_of(texts: Sequence[str]) -> tuple[dict[str, str], ...]:
    """The points that `--enqueue` names; whether their values can be tried is the engine's to say.

    Raises:
        InputError: A text is not `NAME=VALUE,NAME=VALUE`, or names a parameter twice.
    """
    return tuple(map(_point, texts))


def _point(text: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in _NEXT.split(text)]
    names = [name.strip() for name, _, _ in pairs]
    if not all(names) or not all(equals for _, equals, _ in pairs):
        raise InputError(f"--enqueue {text}: write NAME=VALUE,NAME=VALUE, such as lr=0.01,batch_size=32.")
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise InputError(
            f"--enqueue {text}: it names {twice} twice. Give each point an --enqueue of its own."
        )
    return {name: value.strip() for name, (_, _, value) in zip(names, pairs, strict=True)}
