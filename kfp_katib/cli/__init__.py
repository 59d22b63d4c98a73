# SPDX-License-Identifier: Apache-2.0
"""The command line: `kfp-katib validate | run | render FILE`, `watch | cancel NAME`.

Results go to stdout, progress and errors to stderr. Exit codes: 0 as wished, 1 the experiment failed, 2 the
input cannot be used, 130 interrupted. Each verb is a module of its own, imported when it is called.
"""

from __future__ import annotations

import click

from kfp_katib.cli.verbs import Verbs


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
