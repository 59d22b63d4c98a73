# SPDX-License-Identifier: Apache-2.0
"""Resuming a search whose engine is gone: ended trials are collected, running ones are ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from kfp_katib.engines.local.early_stopping import early_stopped, has_to_stop
from kfp_katib.engines.local.extension import why_another
from kfp_katib.engines.local.folder import RunFolder
from kfp_katib.engines.local.handing_over import remove_checkpoints
from kfp_katib.engines.local.journal import Journal, now
from kfp_katib.engines.local.journal_attributes import ASKED, MANIFEST, WARM_START
from kfp_katib.engines.local.journal_file import Belongs, new_journal, open_journal, read_journal
from kfp_katib.engines.local.journal_record import Record
from kfp_katib.engines.local.search.misfit import misfit
from kfp_katib.engines.local.search.suggestions import Suggestions, open_study
from kfp_katib.engines.local.search.warm_start import begin, of_attribute
from kfp_katib.engines.local.trial_store import TrialStore
from kfp_katib.engines.local.warm_start_notes import goes_on, notes
from kfp_katib.errors import InputError
from kfp_katib.experiment.argument_names import argument, arguments
from kfp_katib.experiment.model import Experiment
from kfp_katib.results import KILLED, EarlierTrials, TrialCondition
from kfp_katib.trial.outcome import examine
from kfp_katib.trial.processes import kill, mark, marked
from kfp_katib.trial.template import container
from kfp_katib.trial.trial_folder import TrialFolder


def reopen_study(
    experiment: Experiment, folder: RunFolder, sources: Sequence[EarlierTrials] = (), *, again: bool = False
) -> Suggestions:
    """Open the study of a new or resumed search, which goes on with this manifest.

    Nothing is written before `Journal.release`: what is refused until then leaves no trace.

    Args:
        experiment: What should go on.
        folder: Where.
        sources: The earlier trials that it is told if it is new; asked again, they have to be the same.
        again: Whether it is new, whatever is there; that is still there, and has to be put aside.

    Raises:
        InputError: The folder holds another search, or one that was told other earlier trials; or its journal
            is damaged.
    """
    if again:
        journal = new_journal(folder.journal)
    else:
        journal = open_journal(folder.journal, belongs=_belongs(experiment), misfit=misfit(experiment))
    journal.held = []
    if what := why_another(journal.attributes, experiment):
        raise InputError(
            f"{folder.path} holds a search of Experiment '{experiment.name}' with another manifest: {what}. "
            f"Undo the change to go on with it, start anew with {argument('again')}, or give the Experiment "
            f"another name and tell it these trials ({arguments(name='OTHER', warm_start=folder.path)})."
        )
    begun = MANIFEST in journal.attributes
    told = of_attribute(journal.attributes.get(WARM_START))
    changed = goes_on(experiment, told, sources) if begun else ()
    suggestions = open_study(experiment, journal, None if begun else begin(experiment, sources))
    suggestions.notes = (*notes(experiment, journal), *changed)
    journal.store_manifest(experiment.manifest_json, experiment.asked_json)
    return suggestions


def _belongs(experiment: Experiment) -> Belongs:
    """Whether the trials of a journal are this search's; asked for each, answered once for a manifest."""
    known: dict[tuple[Any, Any], bool] = {}

    def belongs(attributes: Mapping[str, Any]) -> bool:
        manifests = attributes.get(MANIFEST), attributes.get(ASKED)
        if manifests not in known:
            known[manifests] = not why_another(attributes, experiment)
        return known[manifests]

    return belongs


def put_aside(folder: RunFolder) -> None:
    """End what still runs of a search, and move it out of the way of a new one.

    Its checkpoints go: only a search that goes on could use them.
    """
    journal = readable(folder)
    end_orphans(folder, journal.records)
    remove_checkpoints(folder, journal)
    folder.put_aside()


def readable(folder: RunFolder) -> Journal:
    """The journal of a search that goes away; empty if it is missing or damaged, which stops nothing."""
    with suppress(InputError):
        return read_journal(folder.journal)
    return Journal(folder.experiment)


def end_orphans(folder: RunFolder, records: Sequence[Record]) -> bool:
    """Kill every trial that an earlier engine started and did not see end, with everything it left behind.

    A leader that is gone no longer identifies its session, whose id may belong to a stranger by now. What is
    left of that session carries the mark.

    Returns:
        Whether anything was still running.
    """
    open_ended = [each.process for each in records if each.process and not each.outcome]
    leaders = [each for each in open_ended if each.alive]
    left = marked(mark(folder.path))
    if not left and not leaders:
        return False
    kill(leaders, known=left)
    kill((), known=marked(mark(folder.path)))  # what those started meanwhile
    return True


def go_on(
    experiment: Experiment,
    folder: RunFolder,
    records: Sequence[Record],
    store: TrialStore,
    *,
    explained: Callable[[TrialCondition, TrialFolder], TrialCondition],
) -> list[Record]:
    """Resume an unfinished search.

    Args:
        experiment: The Experiment.
        folder: Its folder.
        records: What is known of its trials.
        store: Takes what becomes known.
        explained: An outcome with what to do about it.

    Returns:
        The trials that have to run, or run again.
    """
    running = {each.number for each in records if each.process and not each.outcome and each.process.alive}
    end_orphans(folder, records)
    waiting = []
    for record in map(store.named, records):
        files = folder.trial(record.name)
        code = files.exit_code() if record.process and not record.outcome else None
        ended = files.ended() if code is not None else now()
        ended_by_us = None if record.outcome else _stopped(experiment, record, files)
        if not ended_by_us and (code is not None or record.number in running):
            ended_by_us = _overdue(experiment, record, ended)
        if record.outcome:
            store.restore(record)
        elif ended_by_us or code is not None:
            store.restore(record)
            outcome = ended_by_us or explained(examine(experiment, files, code or 0), files)
            store.completed(record, outcome, when=ended, exit_code=code)
        else:
            record = replace(record, process=None, started=None)
            store.restore(record)
            waiting.append(record)
    return waiting


def _stopped(experiment: Experiment, record: Record, files: TrialFolder) -> TrialCondition | None:
    """The outcome of a trial that was being stopped early, or would be by now if an engine had watched."""
    left_open = record.process and files.exit_code() is None
    if record.stopping or (left_open and has_to_stop(experiment, files, record.rule)):
        return early_stopped(experiment, files, record.rule)
    return None


def _overdue(experiment: Experiment, record: Record, ended: datetime) -> TrialCondition | None:
    """The outcome of a trial that passed its deadline while no engine was watching, None if it did not."""
    until = container(experiment, record.name, record.parameters).deadline
    if until is None or not until.had_passed(record.started, ended):
        return None
    return until.overdue


def reopen(experiment: Experiment, folder: RunFolder, records: Sequence[Record], store: TrialStore) -> None:
    """Read a search that has a verdict; kill the trials that its engine had no time to end."""
    end_orphans(folder, records)
    for record in map(store.named, records):
        store.restore(record)
        if not record.outcome:
            outcome = KILLED
            if record.stopping:
                outcome = early_stopped(experiment, folder.trial(record.name), record.rule)
            store.completed(record, outcome, when=now(), exit_code=None)
