# SPDX-License-Identifier: Apache-2.0
"""`kfp-katib list`: every search of this machine, or every Experiment of a namespace, at a glance."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from kfp_katib.cli.search_name import runs_option
from kfp_katib.cli.verbs import Verb, json_option
from kfp_katib.engines.engine import of_cluster, of_this_machine
from kfp_katib.engines.options import Identity, RunOptions
from kfp_katib.report.columns import aligned
from kfp_katib.results import Overview, number
from kfp_katib.results.brief import short, tallied

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
_COLUMNS = ("name", "state", "trials", "best", "age")


@click.command(name="list", cls=Verb)
@runs_option
@click.option("-n", "--namespace", default="", metavar="NAME", help="List the cluster's, in this namespace.")
@click.option("--cluster", is_flag=True, help="List the cluster's, in the kubeconfig's namespace.")
@json_option
def command(runs: Path, namespace: str, cluster: bool, as_json: bool) -> None:
    """List the searches of this machine; with -n or --cluster the Experiments of a cluster.

    Each with its state, its trials, its best value and its age, the newest first. A search of this machine
    is Unfinished if it has no verdict and no process works on it: run it again to go on. Those of a cluster
    are listed whoever created them.
    """
    in_cluster = cluster or bool(namespace)
    engine = of_cluster() if in_cluster else of_this_machine()
    found = sorted(
        engine.searches(RunOptions(runs=runs, identity=Identity(namespace=namespace))),
        key=_created,
        reverse=True,
    )
    if as_json:
        click.echo(json.dumps([_document(each) for each in found], indent=2, ensure_ascii=False))
    elif found:
        click.echo(_table(found, datetime.now(UTC)))
    else:
        place = f"namespace '{namespace}'" if namespace else "the kubeconfig's namespace"
        said = f"no Experiment in {place}" if in_cluster else f"no search in {runs.absolute()}"
        click.echo(f"There is {said}.", err=True)


def _created(each: Overview) -> datetime:
    return each.began or datetime.min.replace(tzinfo=UTC)


def _table(found: Sequence[Overview], now: datetime) -> str:
    cells = [(each.name, each.state, trials(each), _best(each), age(each.began, now)) for each in found]
    messages = [f"{each.name}: {each.message}" for each in found if each.message]
    return "\n".join([*aligned([_COLUMNS, *cells]), *messages])


def trials(search: Overview) -> str:
    """How far a search is, such as `7/12, 2 running, 1 failed`."""
    if not search.metric:
        return "–"
    limit = f"/{search.max_trials}" if search.max_trials else ""
    parts = [f"{search.completed}{limit}"]
    parts += tallied(running=search.running, waiting=search.waiting) if search.state == "Running" else []
    parts += tallied(failed=search.failed)
    return ", ".join(parts)


def _best(search: Overview) -> str:
    return f"{search.metric}={short(search.best)}" if search.best else "–"


def age(began: datetime | None, now: datetime) -> str:
    """How long ago a search began, in its largest unit."""
    if began is None:
        return "–"
    seconds = max((now - began).total_seconds(), 0)
    size, unit = next((each for each in _UNITS if seconds >= each[0]), _UNITS[-1])
    return f"{int(seconds // size)} {unit}"


def _document(search: Overview) -> dict[str, Any]:
    """A search for programs: the best value as a number if it is one, times in ISO 8601, null for nothing."""
    value = number(search.best)
    told = asdict(search) | {
        "began": search.began and search.began.isoformat(),
        "best": search.best if value is None else value,
    }
    return {key: None if value == "" else value for key, value in told.items()}
