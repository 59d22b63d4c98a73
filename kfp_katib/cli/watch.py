# SPDX-License-Identifier: Apache-2.0
"""`kfp-katib watch`: follow an Experiment in the cluster, whoever submitted it."""

from __future__ import annotations

import click

from kfp_katib.cli.progress_options import progress_options, telling
from kfp_katib.cli.summary import show
from kfp_katib.cli.verbs import Verb, json_option, namespace_option
from kfp_katib.engines.engine import of_cluster
from kfp_katib.engines.options import Identity, RunOptions


@click.command(name="watch", cls=Verb)
@click.argument("name")
@namespace_option
@json_option
@progress_options
@click.pass_context
def command(
    ctx: click.Context, name: str, namespace: str, as_json: bool, quiet: bool, json_lines: bool
) -> None:
    """Follow Experiment NAME to its verdict and show the result; nothing is changed.

    What blocks it is printed to stderr. Exit code 1 if it failed, 130 after Ctrl-C, which leaves it running.
    """
    told = telling(quiet=quiet, json_lines=json_lines, as_json=as_json, watched=True)
    with told.display:
        options = RunOptions(on_update=told.on_update, identity=Identity(namespace=namespace))
        result = of_cluster().watch(name, options)
    show(result, as_json=as_json, said=told.display.said, events=told.events)
    ctx.exit(0 if result.usable else 1)
