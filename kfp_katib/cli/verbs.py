# SPDX-License-Identifier: Apache-2.0
"""How verbs are found and how they fail: "did you mean", and errors as a sentence with an exit code."""

from __future__ import annotations

import contextlib
import errno
import importlib
import logging
import sys
import traceback
from typing import Any

import click

from kfp_katib.errors import Interrupted, KfpKatibError
from kfp_katib.experiment.choices import hint

VERBS = {
    "validate": "Check a manifest against everything that Katib checks, and what it does not.",
    "run": "Run a manifest's trials on this machine, or on a Katib in a cluster.",
    "render": "Print the manifest as it is submitted to Katib.",
    "watch": "Follow an Experiment in the cluster to its verdict.",
    "cancel": "End an Experiment in the cluster.",
}
"""Each verb with its line in the help; its command is `kfp_katib.cli.<verb>.command`."""


class Verbs(click.Group):
    """The group, which imports a verb's module only when the verb is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """The verb's command; a misspelt one is answered with the nearest."""
        if cmd_name not in VERBS:
            raise click.UsageError(f"No verb {cmd_name!r}. {hint(cmd_name, VERBS)}", ctx)
        command: click.Command = importlib.import_module(f"kfp_katib.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The verbs in the help, without importing them."""
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))


class Verb(click.Command):
    """A verb: its errors are sentences on stderr, each with its exit code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(
            click.Option(["-v", "--verbose"], is_flag=True, help="Log lines, and a traceback with an error.")
        )

    def invoke(self, ctx: click.Context) -> Any:
        """Call the verb."""
        verbose = ctx.params.pop("verbose")
        _log(verbose)
        try:
            return super().invoke(ctx)
        except KfpKatibError as error:
            return _leave(ctx, error, verbose)
        except BrokenPipeError:
            raise  # whoever read us has seen enough: click ends in silence
        except OSError as error:
            return _leave(ctx, KfpKatibError(_refused(error)), verbose)
        except KeyboardInterrupt:
            return _leave(ctx, Interrupted("Interrupted."), verbose)


def _refused(error: OSError) -> str:
    """What the system refused, and of which file."""
    what = f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror or error)
    mend = {
        errno.ENOSPC: "Free some space; a search then goes on where it stopped.",
        errno.EDQUOT: "Free some space; a search then goes on where it stopped.",
        errno.EMFILE: "Allow more open files: ulimit -n.",
    }.get(error.errno or 0, "Check the path and its permissions.")
    return f"{what}. {mend} -v shows where it happened."


def _leave(ctx: click.Context, error: KfpKatibError, verbose: bool) -> None:
    with contextlib.suppress(OSError):  # a terminal that is gone changes no exit code
        if verbose:
            click.echo(traceback.format_exc(), err=True)
        click.echo(f"Error: {error}", err=True)
    ctx.exit(error.exit_code)


def _log(verbose: bool) -> None:
    """The only place that configures logging."""
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
        force=True,
    )
