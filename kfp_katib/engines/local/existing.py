# SPDX-License-Identifier: Apache-2.0
"""Reading and watching the searches on this machine from outside the engine that runs them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

from kfp_katib.engines.local.descent import with_descent
from kfp_katib.engines.local.folder import RunFolder, no_search, owner
from kfp_katib.engines.local.journal import Journal
from kfp_katib.engines.local.journal_attributes import MANIFEST
from kfp_katib.engines.local.journal_file import read_journal
from kfp_katib.engines.local.origin import provenance
from kfp_katib.engines.local.recorded_trials import in_full, left_out, trial_of
from kfp_katib.engines.local.removal import known_models
from kfp_katib.engines.local.standing import standing
from kfp_katib.engines.options import RunOptions
from kfp_katib.errors import InputError, Interrupted, Unfinished
from kfp_katib.experiment.accepted import accepted
from kfp_katib.experiment.model import Experiment
from kfp_katib.results import Listener, Reports, Result, Score, conclude
from kfp_katib.results.verdict import RUNNING

_POLL_SECONDS = 0.5


class NotBegun(InputError):
    """A journal has no manifest: its engine is about to write it, or was killed before."""


def read(name: str, options: RunOptions) -> Result:
    """Read a search from its journal, even while an engine works on it; nothing is changed.

    Raises:
        InputError: There is no such search, or its journal is damaged.
    """
    folder = found(name, options)
    journal = begun(folder)
    experiment = stored_experiment(journal.attributes[MANIFEST], name)
    models = str(options.models or _models(journal))
    known = provenance(experiment, journal)
    trials = [(trial_of(each, experiment, models), journal.curve(each)) for each in journal.counted]
    result = conclude(
        experiment,
        [in_full(trial, curve, folder) for trial, curve in trials],
        standing(experiment, journal) or RUNNING,
        notes=(*known.told_notes, *left_out(journal)),
        provenance=known,
    )
    return with_descent(result, journal)


def watch(name: str, options: RunOptions) -> Result:
    """Follow a search that another process runs until its verdict; nothing is changed.

    Args:
        name: The Experiment.
        options: Of these, `runs`, `models` and `on_update`.

    Raises:
        InputError: There is no such search.
        Unfinished: It has no verdict, and no engine works on it any more.
        Interrupted: Ctrl-C.
    """
    looks = _looks(name, options)
    running, result = next(looks)
    score = Score(result.experiment.objective)
    listener = Listener(options.on_update, score, reports=lambda: _reports(result))
    try:
        while True:
            _tell(listener, result)
            if result.state != RUNNING.state:
                return result
            if not running:
                raise Unfinished(_left_alone(name), result)
            running, result = next(looks)
    except KeyboardInterrupt as error:
        raise Interrupted(f"Interrupted; Experiment '{name}' goes on.", result) from error


def own_step() -> tuple[str, str]:
    """Empty strings: a step on this machine has no pod that would identify it."""
    return "", ""


def _looks(name: str, options: RunOptions) -> Iterator[tuple[bool, Result]]:
    """Whether an engine works on a search, and what is known of it, again and again.

    The engine is looked for before the journal is read: one that is gone by then has written its verdict.
    """
    known: tuple[tuple[int, ...], Result] | None = None
    while True:
        folder = found(name, options)
        running, file = owner(folder) is not None, folder.journal.stat()
        state = file.st_ino, file.st_size, file.st_mtime_ns
        if known is None or known[0] != state:
            try:
                known = state, read(name, options)
            except NotBegun:
                if not running:
                    raise
        if known:
            yield running, known[1]
        time.sleep(_POLL_SECONDS)


def _reports(result: Result) -> dict[str, Reports]:
    """What the running trials have reported last of the objective; the journal knows no other metric."""
    metric = result.experiment.objective.metric
    last = {each.name: each.curve[-1] for each in result.trials if each.curve and not each.completed}
    return {name: Reports({metric: str(value)}, step) for name, (step, value) in last.items()}


def _tell(listener: Listener, result: Result) -> None:
    named = [each for each in result.trials if each.name]  # the others wait to be prepared
    changed = [each for each in named if listener.is_news(each.name, each.state)]
    if changed:
        listener.tell(changed, result.experiment, lambda: result)


def found(name: str, options: RunOptions) -> RunFolder:
    """The folder of a search.

    Raises:
        InputError: There is no such search.
    """
    folder = RunFolder((Path(options.runs) / name).absolute())
    if not folder.journal.exists():
        raise no_search(name, Path(options.runs))
    return folder


def begun(folder: RunFolder) -> Journal:
    """The journal of a search that has begun.

    Raises:
        NotBegun: It has no manifest yet.
        InputError: It is damaged.
    """
    journal = read_journal(folder.journal)
    if MANIFEST not in journal.attributes:
        name = folder.experiment
        raise NotBegun(f"{folder.path} holds no search that has begun. Run '{name}' first.")
    return journal


def stored_experiment(manifest: str, name: str) -> Experiment:
    """The Experiment of a stored manifest, without the labels that nobody else may write."""
    document = json.loads(manifest)
    kept = {key: document["metadata"][key] for key in ("name", "namespace") if key in document["metadata"]}
    return accepted({**document, "metadata": kept}, name=f"Experiment '{name}'")


def _models(journal: Journal) -> str:
    """The root under which the trials wrote their models; empty if they wrote to several, or to none."""
    roots = known_models(journal)
    return roots[0] if len(roots) == 1 else ""


def _left_alone(name: str) -> str:
    return f"Experiment '{name}' has no verdict, and no process works on it. Run it again to go on with it."
