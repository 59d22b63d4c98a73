# SPDX-License-Identifier: Apache-2.0
"""The local engine: `run` runs an Experiment on this machine by Katib's rules and returns its Result."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from queue import SimpleQueue

from kfp_katib.engines.local.algorithm_notes import algorithm_notes
from kfp_katib.engines.local.extension import changed
from kfp_katib.engines.local.folder import RunFolder, open_folder
from kfp_katib.engines.local.handing_over import Checkpoints, unseen
from kfp_katib.engines.local.journal import Journal
from kfp_katib.engines.local.journal_attributes import PYTHON
from kfp_katib.engines.local.journal_record import Record
from kfp_katib.engines.local.loop import Event, SearchLoop, Stop
from kfp_katib.engines.local.origin import remember_versions
from kfp_katib.engines.local.removal import discard, remember_models
from kfp_katib.engines.local.resume import go_on, put_aside, reopen, reopen_study
from kfp_katib.engines.local.runner import Gpus, TrialRunner, visible_gpus
from kfp_katib.engines.local.search.enqueued import checked, refuse_vain
from kfp_katib.engines.local.search.suggestions import Suggestions
from kfp_katib.engines.local.standing import standing
from kfp_katib.engines.local.trial_environment import (
    TrialEnvironment,
    python_before,
    python_notes,
    trial_environment,
)
from kfp_katib.engines.local.trial_store import TrialStore
from kfp_katib.engines.local.unsupported import refusals
from kfp_katib.engines.options import RunOptions
from kfp_katib.errors import InputError, Interrupted, TimedOut, Unfinished
from kfp_katib.experiment.model import Experiment
from kfp_katib.results import Condition, Result, earlier_trials
from kfp_katib.results.brief import counted
from kfp_katib.results.verdict import RUNNING, SEARCH_ENDED, verdict
from kfp_katib.trial.template import Container, any_container


def run(experiment: Experiment, options: RunOptions) -> Result:
    """Run an Experiment's trials as subprocesses of this machine.

    State is kept in `runs/<experiment>/`. A search that was interrupted or killed goes on where it stopped:
    no finished trial is lost or run twice. The Result of one that has its verdict is returned, unless a
    changed budget, limit or goal unmakes the verdict: then it goes on as well. Trials run in the caller's
    current folder, in place of the image's WORKDIR, unless the manifest's workingDir exists here.

    Args:
        experiment: What to run, with every placeholder filled in.
        options: `stall_timeout_seconds` and `identity` are ignored: no trial waits for a pod here.

    Returns:
        The Result, whatever the verdict; with `best_so_far` its state may be Running.

    Raises:
        InputError: The Experiment cannot run here, another engine is running it, or the folder holds
            another search (`extension` says what makes one).
        TimedOut: The time is up and `on_timeout` is `fail`; carries the Result so far.
        Interrupted: Ctrl-C, SIGTERM, SIGQUIT or a closed terminal; carries the Result so far.
        Unfinished: The journal cannot be written, or the process that starts the trials was killed; carries
            the Result so far.
    """
    try:
        result = _run(experiment, options)
    except Interrupted:
        raise
    except Unfinished:
        if options.deletes():
            discard(experiment.name, runs=options.runs)
        raise
    if options.deletes(result):
        discard(experiment.name, runs=options.runs)
    return result


def _run(experiment: Experiment, options: RunOptions) -> Result:
    box = _container(experiment)
    gpus = Gpus(visible_gpus(os.environ) if box.gpus else (), box.gpus)
    slots = gpus.slots(experiment.parallel_trial_count)
    environment = trial_environment(options, os.environ, box, at_a_time=slots)
    limit = options.timeout_seconds
    deadline = None if limit is None else time.monotonic() + limit
    points, sources = checked(experiment, options.enqueue), earlier_trials(options.warm_start)
    with open_folder(Path(options.runs), experiment.name) as folder:
        suggestions = reopen_study(experiment, folder, sources, again=options.again)
        journal = suggestions.journal
        stands = _verdict(experiment, journal, options)
        refuse_vain(experiment, journal, points, ended=stands is not None)
        if options.again:
            put_aside(folder)
        journal.release()
        notes = (
            *_notes(experiment, box, gpus, environment),
            *algorithm_notes(experiment),
            *_changes(experiment, journal),
            *suggestions.notes,
        )
        store = TrialStore(
            experiment,
            folder,
            suggestions,
            models=str(options.models or ""),
            python=environment.python,
            notes=(*notes, *python_before(environment, journal)),
            at_start=lambda: (*notes, *python_notes(environment, journal)),
            on_update=options.on_update,
        )
        if stands:
            reopen(experiment, folder, journal.records, store)
            return store.result(stands)
        try:
            suggestions.enqueue(points)
            explained = partial(environment.explained, before=str(journal.attributes.get(PYTHON) or ""))
            waiting = go_on(experiment, folder, journal.records, store, explained=explained)
            if options.retry_failed:
                waiting += store.retry_failed()
            remember_models(journal, str(options.models or ""))
            remember_versions(journal)
            store.begin()
            found = _search(
                experiment,
                folder,
                suggestions,
                store=store,
                gpus=gpus,
                slots=slots,
                environment=environment,
                waiting=waiting,
                deadline=deadline,
            )
        except Unfinished as err:  # the journal cannot be written
            err.result = err.result or store.result()
            raise
        if isinstance(found, Condition):
            return store.result(found)
        return _without_verdict(found, experiment, store, fail=options.on_timeout == "fail")


def _verdict(experiment: Experiment, journal: Journal, options: RunOptions) -> Condition | None:
    """The verdict that ends this run before it begins, None if there is something to run."""
    if options.retry_failed and not standing(experiment, journal, without_failed=True):
        return None
    return standing(experiment, journal)


def _search(
    experiment: Experiment,
    folder: RunFolder,
    suggestions: Suggestions,
    *,
    store: TrialStore,
    gpus: Gpus,
    slots: int,
    environment: TrialEnvironment,
    waiting: list[Record],
    deadline: float | None,
) -> Condition | Stop:
    events: SimpleQueue[Event] = SimpleQueue()
    inside = environment.in_folder(folder.bin)
    runner = TrialRunner(
        experiment,
        folder,
        gpus,
        environment=inside,
        checkpoints=Checkpoints(experiment, folder, suggestions),
        cwd=Path.cwd(),
        lost=lambda: events.put("lost"),
    )
    with SearchLoop(
        experiment,
        folder,
        suggestions,
        store=store,
        runner=runner,
        waiting=waiting,
        slots=slots,
        events=events,
    ) as loop:
        found = loop.run(deadline)
        if isinstance(found, Condition):
            suggestions.journal.end(found)
            loop.settle()
            last = verdict(experiment, store.score, search_ended=found == SEARCH_ENDED)
            if last not in (None, found):
                found = last  # one of those that ended with the search reached the goal
                suggestions.journal.end(found)
        return found


def _container(experiment: Experiment) -> Container:
    """A trial's container with sample values, read before anything starts to refuse what cannot run."""
    if found := refusals(experiment):
        told = (f"Experiment '{experiment.name}': {each.path}: {each.message} {each.fix}" for each in found)
        raise InputError("\n".join(told))
    return any_container(experiment)


def _changes(experiment: Experiment, journal: Journal) -> Iterator[str]:
    if journal.earlier_manifest:
        yield f"Changed since the last run: {changed(journal.earlier_manifest, experiment.manifest_json)}."


def _notes(
    experiment: Experiment, box: Container, gpus: Gpus, environment: TrialEnvironment
) -> Iterator[str]:
    if box.unused:
        yield f"Not used here: {', '.join(dict.fromkeys(box.unused))}."
    if box.working_dir and not Path(box.working_dir).is_dir():
        yield f"workingDir {box.working_dir!r} does not exist here: trials run in {Path.cwd()}."
    if shortage := gpus.shortage(experiment.parallel_trial_count):
        yield shortage
    if environment.note:
        yield environment.note
    if note := unseen(experiment, box):
        yield note


def _without_verdict(found: Stop, experiment: Experiment, store: TrialStore, *, fail: bool) -> Result:
    done = f"{counted(store.score.completed, 'trial')} had completed"
    if found == "timed out" and not fail:
        return store.result(RUNNING, f"The time was up before the search had its verdict; {done}.")
    error, what = _ENDS[found]
    raise error(
        f"Experiment '{experiment.name}' {what} before it had its verdict; {done}. Run it again to go on "
        "where it stopped.",
        store.result(),
    )


_ENDS: Mapping[Stop, tuple[type[Unfinished], str]] = {
    "timed out": (TimedOut, "timed out"),
    "interrupted": (Interrupted, "was interrupted"),
    "lost": (Unfinished, "lost the process that starts its trials, which was killed,"),
}
