# SPDX-License-Identifier: Apache-2.0
"""`kfp-katib cancel`: end an Experiment in the cluster."""

from __future__ import annotations

import click

from kfp_katib.cli.verbs import Verb, namespace_option
from kfp_katib.engines.engine import of_cluster
from kfp_katib.engines.options import Identity, RunOptions


@click.command(name="cancel", cls=Verb)
@click.argument("name")
@namespace_option
@click.option(
    "--wait-seconds",
    type=click.FloatRange(min=0),
    default=60,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait until all of it is gone.",
)
def command(name: str, namespace: str, wait_seconds: float) -> None:
    """Delete Experiment NAME, its trials and their pods, and wait until they are gone.

    Katib cannot stop an Experiment and keep it: its budget cannot be lowered to the trials already run.
    """
    options = RunOptions(identity=Identity(namespace=namespace))
    of_cluster().cancel(name, options, wait_seconds=wait_seconds)
    click.echo(f"Experiment '{name}' is gone.")
