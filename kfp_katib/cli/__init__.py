# SPDX-License-Identifier: Apache-2.0
"""The command line: `kfp-katib init -- COMMAND`, `validate | run | render FILE`, `show | report | ... NAME`.

Results go to stdout, progress and errors to stderr. Exit codes: 0 success, 1 the experiment failed, 2 the
input cannot be used, 130 interrupted. Each verb is a module of its own, imported when it is called.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from kfp_katib.errors import of_the_system
from kfp_katib.streams import let_go

VERBS = {
    "init": "Propose a manifest for a training script, from the options that it takes.",
    "validate": "Check a manifest for everything that Katib checks, and for what it does not.",
    "run": "Run a manifest's trials on this machine, or on Katib in a cluster.",
    "render": "Print the manifest as it is submitted to Katib.",
    "list": "List the searches of this machine, or the Experiments of a cluster.",
    "show": "Show a search: its trials, the best one, its verdict.",
    "watch": "Follow a search that another process runs to its verdict.",
    "best": "Print the best trial's parameters, or its whole command.",
    "report": "Write the report on a search as one HTML page.",
    "compare": "Compare several searches.",
    "export": "Print a search's trials as CSV or JSON.",
    "dashboard": "Open a search of this machine as a page that is alive.",
    "cancel": "End a search that another process runs.",
    "rm": "Delete searches of this machine.",
}
"""Each verb with its line in the help; its command is `kfp_katib.cli.<verb>.command`, except for these."""

_MODULES = {"best": "best_parameters", "list": "list_searches"}


class Verbs(click.Group):
    """The group, which imports a verb's module only when the verb is called."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """The program; its exit code is its own, whoever takes what it prints."""
        try:
            return super().main(*args, **kwargs)
        except OSError as error:  # of --help and --version: a verb tells of its own
            sys.exit(f"Error: {of_the_system(error)}")
        finally:
            let_go()

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs."""
        return [*VERBS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """The verb's command; the error for an unknown verb names the nearest one."""
        if cmd_name not in VERBS:
            from kfp_katib.experiment.choices import hint

            raise click.UsageError(f"No verb {cmd_name!r}. {hint(cmd_name, VERBS)}", ctx)
        command: click.Command = importlib.import_module(
            f"{__name__}.{_MODULES.get(cmd_name, cmd_name)}"
        ).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The verbs in the help, without importing them."""
        with formatter.section("Verbs"):
            formatter.write_dl([*VERBS.items()])


def _version(ctx: click.Context, parameter: click.Parameter, asked: bool) -> None:
    if asked:
        from importlib.metadata import PackageNotFoundError, version

        try:
            click.echo(f"kfp-katib {version('kfp-katib')}")
        except PackageNotFoundError:  # run from a checkout that was never installed
            click.echo("kfp-katib, not installed")
        ctx.exit()


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="The version."
)
def main() -> None:
    """Run one Katib Experiment manifest, on this machine or on a cluster."""
