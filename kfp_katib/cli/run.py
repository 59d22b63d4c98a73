# SPDX-License-Identifier: Apache-2.0
"""`kfp-katib run`: a manifest's trials on this machine, or on Katib in a cluster."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args

import click

from kfp_katib.cli import verbs
from kfp_katib.cli.earlier_trials import enqueue_option, from_option, points_of, sources_of
from kfp_katib.cli.had_ended import had_ended
from kfp_katib.cli.progress_options import progress_options, telling
from kfp_katib.cli.summary import show
from kfp_katib.cli.trial_options import trial_options
from kfp_katib.cli.verbs import Verb, json_option, manifest_argument, namespace_option, placeholder_options
from kfp_katib.engines.engine import ENGINES, Engine, named
from kfp_katib.engines.options import ON_PATH, Identity, OnTimeout, RunOptions
from kfp_katib.errors import InputError, Unfinished
from kfp_katib.experiment import Experiment
from kfp_katib.experiment.load import overriding
from kfp_katib.results import FINAL, Result
from kfp_katib.results.brief import counted
from kfp_katib.start import filled_in


@click.command(name="run", cls=Verb)
@manifest_argument
@placeholder_options
@click.option("--name", metavar="NAME", help="Run it under this name instead of the manifest's.")
@click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default=ENGINES[0],
    show_default=True,
    help="Where it runs: on this machine, or on Katib in a cluster.",
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
@click.option("--again", is_flag=True, help="Start over; the earlier search is kept aside.")
@from_option
@enqueue_option
@click.option("--retry-failed", is_flag=True, help="Run the failed trials again, with the same values.")
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
    help="Whether a search stopped by its timeout fails, or returns its best trial so far.",
)
@click.option("--max-trials", type=click.IntRange(min=1), help="Overrides maxTrialCount.")
@click.option("--parallel-trials", type=click.IntRange(min=1), help="Overrides parallelTrialCount.")
@click.option("--algorithm", metavar="NAME", help="Overrides algorithmName; drops the old settings.")
@trial_options
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the report to this file, as one HTML page.",
)
@json_option
@progress_options
@click.pass_context
def command(
    ctx: click.Context,
    /,
    file: str,
    *,
    engine: str,
    namespace: str,
    models: str | None,
    runs: Path,
    report: Path | None,
    as_json: bool,
    quiet: bool,
    json_lines: bool,
    again: bool,
    sources: tuple[str, ...],
    enqueue: tuple[str, ...],
    retry_failed: bool,
    python: str | None,
    threads_per_trial: int | Literal["unset"] | None,
    timeout_seconds: float | None,
    on_timeout: OnTimeout,
    **changes: Any,
) -> None:
    """Run the manifest FILE (- reads stdin) here, with Katib's semantics and without Katib.

    An interrupted search resumes where it stopped. A larger --max-trials makes one that has spent its budget
    go on; --retry-failed, or a larger maxFailedTrialCount, one that has failed.
    ${pipeline.models} is DIR/<experiment>/models unless --models says otherwise. With --engine katib it is
    submitted to the cluster of your kubeconfig, or followed if it is already there; Ctrl-C leaves it
    running. Exit code 1 if the experiment failed, 130 after Ctrl-C.
    """
    told = telling(quiet=quiet, json_lines=json_lines, as_json=as_json)
    if report:
        _check_place(report)
    chosen = named(engine)
    experiment, options = _planned(file, chosen, RunOptions(runs=runs, models=models), **changes)
    verbs.warn(experiment, file, engine)
    told.say(_headline(experiment))
    folder = runs.absolute() / experiment.name if chosen.trials_here else None  # there is none in a cluster
    tell = partial(show, folder=folder, report=report, as_json=as_json, events=told.events)
    try:
        with told.display:
            options = replace(
                options,
                timeout_seconds=timeout_seconds,
                on_timeout=on_timeout,
                on_update=told.on_update,
                identity=Identity(namespace=namespace),
                again=again,
                warm_start=sources_of(sources, runs=runs, namespace=namespace) or None,
                enqueue=points_of(enqueue),
                retry_failed=retry_failed,
                python=python or (ON_PATH if chosen.trials_here else None),
                threads_per_trial=threads_per_trial,
            )
            result = chosen.run(experiment, options)
    except Unfinished as error:
        if error.result:
            with _terminal_may_be_closed():
                tell(error.result, said=told.display.said)
        raise
    said: Sequence[str] = told.display.said
    if result.state in FINAL and not told.display.moved and not told.quiet:  # quiet, it is told no changes
        told.say(had_ended(result, trials_here=chosen.trials_here, namespace=namespace))
        said = _on_trials(result, chosen, options) if chosen.trials_here else said
    tell(result, said=said)
    ctx.exit(0 if result.usable else 1)


def _planned(
    file: str,
    engine: Engine,
    options: RunOptions,
    *,
    algorithm: str | None,
    max_trials: int | None,
    parallel_trials: int | None,
    **values: Any,
) -> tuple[Experiment, RunOptions]:
    """The Experiment that runs, and the options with the place that its models go to."""
    change = overriding(algorithm=algorithm, max_trials=max_trials, parallel_trials=parallel_trials)
    return filled_in(verbs.load(file, change), engine, options, **values)


def _on_trials(result: Result, engine: Engine, options: RunOptions) -> list[str]:
    """The notes on how trials would run, where none has; `show` does not print them either."""
    known = engine.read(result.experiment.name, options).notes
    return [note for note in result.notes if note not in known]


def _check_place(report: Path) -> None:
    """Refuse a report that cannot be written, before an hour of trials."""
    folder = report.absolute().parent
    if not folder.is_dir():
        raise InputError(f"--report {report}: {folder} is not a folder. Create it first.")
    if not os.access(report if report.exists() else folder, os.W_OK):
        raise InputError(f"--report {report}: it cannot be written there. Name a file elsewhere.")


def _headline(experiment: Experiment) -> str:
    count = experiment.max_trial_count
    trials = counted(count, "trial") if count else "unlimited trials"
    aim = f"{experiment.objective.type} {experiment.objective.metric}"
    at_a_time = f"{experiment.parallel_trial_count} at a time"
    return f"Experiment '{experiment.name}': {aim} by {experiment.algorithm.name}, {trials}, {at_a_time}"


@contextmanager
def _terminal_may_be_closed() -> Iterator[None]:
    """A closed terminal may be what ended the search; a report that cannot be written is still an error."""
    try:
        yield
    except OSError as error:
        if error.filename:
            raise
