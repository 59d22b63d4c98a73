# SPDX-License-Identifier: Apache-2.0
"""`kfp-katib report`: one HTML page about a search that is there."""

from __future__ import annotations

from pathlib import Path

import click

from kfp_katib.cli.search_name import named_search, place_options, read
from kfp_katib.cli.verbs import STDOUT, Verb, write


@click.command(name="report", cls=Verb)
@click.argument("name")
@place_options
@click.option("-o", "--output", metavar="FILE", help="The page's file (default: NAME.html; - for stdout).")
def command(name: str, runs: Path, namespace: str, output: str | None) -> None:
    """Write the report on the search NAME as one HTML page, as far as the search is now.

    NAME is a search of this machine (x or DIR/x), or an Experiment in a cluster, whoever created it
    (experiment/x). The page needs no network.
    """
    search = named_search(name, runs=runs, namespace=namespace)
    result = read(search)
    from kfp_katib.report import html

    file = output or f"{result.experiment.name}.html"
    write(html(result), file)
    if file != STDOUT:
        click.echo(f"Report: {file}", err=True)
