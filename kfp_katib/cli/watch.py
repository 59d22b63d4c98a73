# SPDX-License-Identifier: Apache-2.0
"""`kfp-katib watch`: follow a search that another process runs, here or in a cluster."""

from __future__ import annotations

from pathlib import Path

import click

from kfp_katib.cli.progress_options import progress_options, telling
from kfp_katib.cli.search_name import named_search, place_options, watched
from kfp_katib.cli.summary import show
from kfp_katib.cli.verbs import Verb, json_option


@click.command(name="watch", cls=Verb)
@click.argument("name")
@place_options
@json_option
@progress_options
@click.pass_context
def command(
    ctx: click.Context, name: str, runs: Path, namespace: str, as_json: bool, quiet: bool, json_lines: bool
) -> None:
    """Follow the search NAME to its verdict and show the result; nothing is changed.

    NAME is a search of this machine that another process runs (x or DIR/x), or an Experiment in a cluster,
    whoever created it (experiment/x); what blocks that one is printed to stderr. Exit code 1 if it failed,
    130 after Ctrl-C, which leaves it running.
    """
    search = named_search(name, runs=runs, namespace=namespace)
    told = telling(quiet=quiet, json_lines=json_lines, as_json=as_json, watched=True)
    with told.display:
        result = watched(search, told.on_update)
    show(result, search.folder, as_json=as_json, said=told.display.said, events=told.events)
    ctx.exit(0 if result.usable else 1)
