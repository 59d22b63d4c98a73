# SPDX-License-Identifier: Apache-2.0
"""`kfp-katib cancel`: end a search that another process runs, here or in a cluster."""

from __future__ import annotations

from pathlib import Path

import click

from kfp_katib.cli.search_name import named_search, place_options
from kfp_katib.cli.verbs import Verb


@click.command(name="cancel", cls=Verb)
@click.argument("name")
@place_options
@click.option(
    "--wait-seconds",
    type=click.FloatRange(min=0),
    default=60,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait until all of it has ended.",
)
def command(name: str, runs: Path, namespace: str, wait_seconds: float) -> None:
    """End the search NAME and its trials, and wait until they have ended.

    A search of this machine (x or DIR/x) keeps its folder: run it again to go on with it. An Experiment in a
    cluster (experiment/x) is deleted, with its trials and their pods: Katib cannot stop one and keep it, as
    its budget cannot be lowered to the trials already run.
    """
    search = named_search(name, runs=runs, namespace=namespace)
    ended = search.engine.cancel(search.name, search.options, wait_seconds=wait_seconds)
    if search.folder is None:
        click.echo(f"Experiment '{search.name}' is gone.")
    elif ended:
        click.echo(
            f"The search '{search.name}' was stopped. Run it again to go on with it, or delete it: "
            f"kfp-katib rm {name}"
        )
    else:
        click.echo(f"Nothing of Experiment '{search.name}' was running; its folder stays.")
