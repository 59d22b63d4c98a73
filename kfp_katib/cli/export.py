# SPDX-License-Identifier: Apache-2.0
"""`kfp-katib export`: the trials of a search, for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from kfp_katib.cli.search_name import named_search, place_options, read
from kfp_katib.cli.verbs import Verb, write
from kfp_katib.errors import InputError
from kfp_katib.results import to_json, trials_csv

_FORMS = {"csv": trials_csv, "json": to_json}


@click.command(name="export", cls=Verb)
@click.argument("name")
@place_options
@click.option("--csv", "form", flag_value="csv", help="One row for each trial.")
@click.option("--json", "form", flag_value="json", help="All that is known, with the manifest.")
@click.option("-o", "--output", default="-", metavar="FILE", help="Where to write (default: stdout).")
def command(name: str, runs: Path, namespace: str, form: Literal["csv", "json"] | None, output: str) -> None:
    """Print all trials of the search NAME as CSV or as JSON.

    NAME is a search of this machine (x or DIR/x), or an Experiment in a cluster, whoever created it
    (experiment/x). `run --from FILE` reads both forms.
    """
    if form is None:
        raise InputError("Say in which form: --csv or --json.")
    write(_FORMS[form](read(named_search(name, runs=runs, namespace=namespace))), output)
