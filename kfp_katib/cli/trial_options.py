# SPDX-License-Identifier: Apache-2.0
"""The options of `run` about what a trial on this machine finds in its environment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])
UNSET = "unset"


def _threads(ctx: click.Context, parameter: click.Parameter, value: str | None) -> int | str | None:
    """A number from 1 on, or the word."""
    if value is None or value == UNSET:
        return value
    if not value.isdecimal() or int(value) < 1:
        raise click.BadParameter(f"{value!r} is neither a number from 1 on nor {UNSET!r}.", ctx, parameter)
    return int(value)


def trial_options(command: F) -> F:
    """`--python` and `--threads-per-trial`."""
    command = click.option(
        "--threads-per-trial",
        callback=_threads,
        metavar=f"N|{UNSET}",
        help="Threads of a trial's numerical libraries (default: this machine's cores shared out among the "
        f"trials that run at a time; {UNSET}: their own choice).",
    )(command)
    return click.option(
        "--python",
        metavar="PATH",
        help="Interpreter, or folder of the environment, that python and python3 are in a trial's command "
        "(default: those of your PATH, so of an active environment).",
    )(command)
