# SPDX-License-Identifier: Apache-2.0
"""What comes before an engine: a manifest in any form becomes an Experiment without placeholders.

The command line and Python start searches in this one way, so that what either began the other goes on with.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Unpack

from kfp_katib.engines.engine import Engine, named
from kfp_katib.engines.options import Options, RunOptions
from kfp_katib.errors import InputError
from kfp_katib.experiment import Experiment, Problem, load, render
from kfp_katib.experiment.argument_names import argument
from kfp_katib.experiment.load import changed, overriding, warnings_on
from kfp_katib.experiment.parts import Change
from kfp_katib.experiment.placeholders import OPTIONS, used
from kfp_katib.experiment.source import Source
from kfp_katib.results import Progress, Result


def run(
    experiment: Source | Experiment,
    engine: str = "local",
    *,
    name: str | None = None,
    dataset: str | Path | None = None,
    image: str | None = None,
    run_id: str | None = None,
    algorithm: str | None = None,
    max_trials: int | None = None,
    parallel_trials: int | None = None,
    progress: bool = False,
    **options: Unpack[Options],
) -> Result:
    """Run an Experiment and wait for its verdict, as `kfp-katib run` does.

    What was interrupted goes on, here or by the command line; what has its verdict is not run again, unless
    a larger `max_trials` unmakes it. On this machine `${pipeline.models}` is `<runs>/<name>/models` unless
    `models` says otherwise.

    Args:
        experiment: What to run: an Experiment, or anything that `load` takes, such as a file's name.
        engine: `local` for this machine, `katib` for a Katib in a cluster.
        name: Runs it under another name, which `${pipeline.experiment}` then stands for.
        dataset: Where the trials read their data: the value of `${pipeline.dataset}`.
        image: The trials' image: the value of `${pipeline.image}`. No trial on this machine uses it.
        run_id: The value of `${pipeline.run_id}`.
        algorithm: Overrides algorithmName, and drops the settings of the other one.
        max_trials: Overrides maxTrialCount.
        parallel_trials: Overrides parallelTrialCount.
        progress: Whether to show what is likely wrong in the manifest, and then how far the search is: on
            stderr, in a notebook below the cell.
        **options: The fields of RunOptions, among them `models`, `timeout_seconds`, `again`, `on_update`.

    Returns:
        The Result for every verdict, Failed included.

    Raises:
        ManifestError: The manifest has errors; it carries all of them.
        InputError: It cannot run there, or a placeholder has no value; nothing was started.
        Unfinished: It ended without a verdict (TimedOut, Stalled, Interrupted); the error carries the Result
            so far.
        ClusterError: The API server refused something that a search needs.
    """
    if _in_a_notebook():
        _import_in_silence("tqdm.auto")
    chosen, asked = named(engine), RunOptions(**options)
    asked = replace(asked, runs=Path(asked.runs))  # text is as good
    change = overriding(algorithm=algorithm, max_trials=max_trials, parallel_trials=parallel_trials)
    filled, asked = filled_in(
        loaded(experiment, change), chosen, asked, name=name, dataset=dataset, image=image, run_id=run_id
    )
    with ExitStack() as until_the_end:
        if progress:
            _say(warnings_on(filled, engine))
            asked = replace(asked, on_update=_shown(until_the_end, asked.on_update))
        return chosen.run(filled, asked)


def loaded(source: Source | Experiment, change: Change | None = None) -> Experiment:
    """The Experiment of any source, with a change made before the rules check it."""
    return changed(source, change) if isinstance(source, Experiment) else load(source, change=change)


def filled_in(
    experiment: Experiment,
    engine: Engine,
    options: RunOptions,
    *,
    name: str | None = None,
    dataset: str | Path | None = None,
    image: str | None = None,
    run_id: str | None = None,
) -> tuple[Experiment, RunOptions]:
    """The Experiment that an engine runs, and the options with the place that its models go to.

    Args:
        experiment: Where placeholders may be left.
        engine: Which may know what they stand for.
        options: Of which `models` and `runs` count.
        name: As for `run`, like the next three.
        dataset: As for `run`.
        image: As for `run`.
        run_id: As for `run`.

    Raises:
        InputError: A placeholder has no value, or an address cannot be used.
        ManifestError: The Experiment has errors once it is filled in.
    """
    models = _address("models", options.models, written=True)
    data = _address("dataset", dataset)
    options = replace(options, models=models)
    if engine.trials_here and not name and not OPTIONS.keys() & used(experiment.manifest):
        return experiment, options
    usual = engine.pipeline_values(name or experiment.name, options)
    models = models or usual.get("models")
    rendered = render(
        experiment,
        dataset=data,
        models=models,
        image=image or usual.get("image"),
        run_id=run_id or usual.get("run_id"),
        name=name,
        istio_label=not engine.trials_here,
    )
    if "models" in used(json.loads(rendered.asked_json)):
        options = replace(options, models=models)
    return rendered, options


def _address(name: str, place: str | Path | None, *, written: bool = False) -> str | None:
    """The address in its canonical form, None if none was given; trials write to it if it is `written`."""
    if place is None:
        return None
    from kfp_katib.storage.addresses import absolute, stored

    what = argument(name)
    if not str(place):
        raise InputError(f"The address of {what} is empty. Give a path or a URI such as s3://bucket/models.")
    return stored(str(place), what) if written else absolute(str(place), what)


def _say(warnings: Sequence[Problem]) -> None:
    for warning in warnings:
        print(warning, file=sys.stdout if _in_a_notebook() else sys.stderr)


def _shown(until: ExitStack, then: Callable[[Progress], None] | None) -> Callable[[Progress], None]:
    """Shows each change until the stack closes, and hands it on."""
    from kfp_katib.report.cell import Cell
    from kfp_katib.report.display import Display

    display = until.enter_context(Display(sys.stderr, view=Cell if _in_a_notebook() else None))

    def update(progress: Progress) -> None:
        display.update(progress)
        if then:
            then(progress)

    return update


def _in_a_notebook() -> bool:
    """Whether this runs in the kernel of a notebook; IPython in a terminal has none."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return hasattr(shell, "kernel")


def _import_in_silence(module: str) -> None:
    """Import what Optuna imports, and would warn in red that a notebook without ipywidgets shows no bars."""
    with contextlib.suppress(ImportError), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        importlib.import_module(module)
