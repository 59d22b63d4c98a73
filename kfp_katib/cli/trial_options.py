# SPDX-License-Identifier: Apache-2.0
"""The options of `run` about what a trial on this machine finds in its environment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])
UNSET = "unset"


class Threads(click.ParamType):
    """A number of threads from 1 on, or `unset`."""

    name = "threads"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number, or the word."""
        return value if value == UNSET else click.IntRange(min=1).convert(value, param, ctx)


def trial_options(command: F) -> F:
    """`--python` and `--threads-per-trial`."""
    command = click.option(
        "--threads-per-trial",
        type=Threads(),
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
