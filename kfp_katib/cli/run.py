# SPDX-License-Identifier: Apache-2.0
"""`kfp-katib run`: a manifest's trials on this machine, or on a Katib in a cluster."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import click

from kfp_katib.cli.verbs import (
    Verb,
    address,
    json_option,
    load,
    manifest_argument,
    namespace_option,
    placeholder_options,
    warn,
)
from kfp_katib.engines.engine import ENGINES, named
from kfp_katib.engines.options import Identity, OnTimeout, RunOptions
from kfp_katib.errors import InputError, Unfinished
from kfp_katib.experiment import Experiment, render
from kfp_katib.experiment.load import overriding
from kfp_katib.experiment.placeholders import used
from kfp_katib.results import Result
from kfp_katib.storage.addresses import stored

LOCAL = "local"
"""What `${pipeline.run_id}` and `${pipeline.image}` stand for here."""


@dataclass(frozen=True, slots=True)
class Output:
    """Where a Result goes. A search in a cluster has no folder here."""

    folder: Path | None
    report: Path | None
    as_json: bool


@click.command(name="run", cls=Verb)
@manifest_argument
@placeholder_options
@click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default=ENGINES[0],
    show_default=True,
    help="Where it runs: on this machine, or on a Katib in a cluster.",
)
@namespace_option
@click.option(
    "--runs",
    type=click.Path(path_type=Path),
    default=RunOptions().runs,
    show_default=True,
    help="Folder of all searches; this one's is DIR/<experiment>.",
    metavar="DIR",
)
@click.option("--again", is_flag=True, help="Start anew; the earlier search is put aside.")
@click.option(
    "--timeout-seconds",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Stop the search after this time.",
)
@click.option(
    "--on-timeout",
    type=click.Choice(get_args(OnTimeout)),
    default=RunOptions().on_timeout,
    show_default=True,
    help="Whether a search that was stopped by its timeout failed, or may give its best trial so far.",
)
@click.option("--max-trials", type=click.IntRange(min=1), help="Instead of maxTrialCount.")
@click.option("--parallel-trials", type=click.IntRange(min=1), help="Instead of parallelTrialCount.")
@click.option("--algorithm", metavar="NAME", help="Instead of algorithmName; drops the old one's settings.")
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the report there, one HTML file.",
)
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    file: str,
    *,
    engine: str,
    namespace: str,
    runs: Path,
    report: Path | None,
    as_json: bool,
    again: bool,
    timeout_seconds: float | None,
    on_timeout: OnTimeout,
    **changes: Any,
) -> None:
    """Run the manifest FILE (- reads stdin) here, with Katib's semantics and without Katib.

    A search that was interrupted goes on where it stopped. ${pipeline.models} is DIR/<experiment>/models
    unless --models says otherwise. With --engine katib it is submitted to the cluster of your kubeconfig,
    or followed on where it is there already; Ctrl-C leaves it there. Exit code 1 where the experiment
    failed, 130 after Ctrl-C.
    """
    from kfp_katib.report.display import Display

    if report:
        _check_place(report)
    chosen = named(engine)
    experiment, models = _planned(file, runs if chosen.trials_here else None, **changes)
    output = Output(runs.absolute() / experiment.name if chosen.trials_here else None, report, as_json)
    click.echo(_headline(experiment), err=True)
    try:
        with Display(sys.stderr) as display:
            options = RunOptions(
                models=models,
                timeout_seconds=timeout_seconds,
                on_timeout=on_timeout,
                on_update=display.update,
                identity=Identity(namespace=namespace),
                runs=runs,
                again=again,
            )
            result = chosen.run(experiment, options)
    except Unfinished as error:
        if error.result:
            _show_what_is_known(error.result, output, display.said)
        raise
    if chosen.trials_here and not display.moved:
        click.echo("This search had its verdict before; --again starts anew.", err=True)
    _show(result, output, display.said)
    ctx.exit(0 if result.usable else 1)


def _planned(
    file: str,
    runs: Path | None,
    *,
    dataset: str | None,
    models: str | None,
    image: str | None,
    run_id: str | None,
    **overrides: Any,
) -> tuple[Experiment, str | None]:
    """The Experiment that runs, and where its models go: None where the manifest names no place for them.

    Without `runs` it runs in a cluster, where nothing has a default.
    """
    experiment = load(file, overriding(**overrides))
    place = None if models is None else stored(address(models, "--models"), "--models")
    if place is None and runs:
        place = str(runs.absolute() / experiment.name / "models")
    rendered = render(
        experiment,
        dataset=None if dataset is None else address(dataset, "--dataset"),
        models=place,
        image=image or (LOCAL if runs else None),
        run_id=run_id or (LOCAL if runs else None),
        istio_label=not runs,
    )
    warn(rendered, file)
    return rendered, place if "models" in used(experiment.manifest) else None


def _check_place(report: Path) -> None:
    """Whether the report can be written, asked before an hour of trials."""
    folder = report.absolute().parent
    if not folder.is_dir():
        raise InputError(f"--report {report}: {folder} is no folder. Create it first.")
    if not os.access(report if report.exists() else folder, os.W_OK):
        raise InputError(f"--report {report}: it cannot be written there. Name a file elsewhere.")


def _headline(experiment: Experiment) -> str:
    count = experiment.max_trial_count
    trials = f"{count} trial{'s' * (count != 1)}" if count else "trials without end"
    aim = f"{experiment.objective.type} {experiment.objective.metric}"
    at_a_time = f"{experiment.parallel_trial_count} at a time"
    return f"Experiment '{experiment.name}': {aim} by {experiment.algorithm.name}, {trials}, {at_a_time}"


def _show_what_is_known(result: Result, output: Output, said: Sequence[str]) -> None:
    """The Result of a search that was ended, perhaps by closing the very terminal."""
    try:
        _show(result, output, said)
    except OSError as error:
        if error.filename:
            raise


def _show(result: Result, output: Output, said: Sequence[str]) -> None:
    """The Result on the screen and in the report."""
    from kfp_katib.cli.summary import show

    show(result, output.folder, as_json=output.as_json, said=said)
    if output.report:
        from kfp_katib.report import html

        output.report.write_text(html(result), encoding="utf-8")
        click.echo(f"Report: {output.report}", err=True)
