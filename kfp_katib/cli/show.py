# SPDX-License-Identifier: Apache-2.0
"""`kfp-katib show`: the summary of a search that is there, as `run` prints it at the end."""

from __future__ import annotations

from pathlib import Path

import click

from kfp_katib.cli import summary
from kfp_katib.cli.search_name import named_search, place_options, read
from kfp_katib.cli.verbs import Verb, json_option
from kfp_katib.results import FINAL


@click.command(name="show", cls=Verb)
@click.argument("name")
@place_options
@json_option
@click.pass_context
def command(ctx: click.Context, name: str, runs: Path, namespace: str, as_json: bool) -> None:
    """Show the search NAME as it is now, in the way of `run` at its end; nothing is changed.

    NAME is a search of this machine (x or DIR/x), or an Experiment in a cluster, whoever created it
    (experiment/x). Exit code 1 if it has failed.
    """
    search = named_search(name, runs=runs, namespace=namespace)
    result = read(search)
    summary.show(result, search.folder, as_json=as_json, said=())
    ctx.exit(1 if result.state in FINAL and not result.usable else 0)
