# SPDX-License-Identifier: Apache-2.0
"""Taking over from an engine that is gone: what ended is collected, what still runs is ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from kfp_katib.engines.local.book import Book
from kfp_katib.engines.local.folder import RunFolder
from kfp_katib.engines.local.journal import Record, now
from kfp_katib.engines.local.outcome import examine
from kfp_katib.engines.local.processes import booted, kill, mark, marked
from kfp_katib.experiment.model import Experiment
from kfp_katib.results import KILLED, TrialCondition
from kfp_katib.trial.template import container


def end_orphans(folder: RunFolder, records: Sequence[Record]) -> bool:
    """Kill every trial that an engine before us started and did not see end, with all that it left behind.

    A leader that is gone, of a record that knows its boot, says nothing more about who its members were: a
    stranger's session may have its id by now. What is left of it carries the mark.

    Returns:
        Whether anything was still running.
    """
    open_ended = [(each.process, each.started) for each in records if each.process and not each.outcome]
    leaders = [each for each, started in open_ended if each.alive or (not each.boot and _is_of_boot(started))]
    left = marked(mark(folder.path))
    found = bool(left) or any(each.alive for each in leaders)
    kill(leaders, known=left)
    kill((), known=marked(mark(folder.path)))  # what it started meanwhile
    return found


def _is_of_boot(started: datetime | None) -> bool:
    """Whether a trial can be of the present boot, for records that do not say of which they are."""
    return started is None or started >= booted()


def take_over(
    experiment: Experiment, folder: RunFolder, records: Sequence[Record], book: Book
) -> list[Record]:
    """Go on with an unfinished search.

    Returns:
        The trials that have to run, or to run again.
    """
    running = {each.number for each in records if each.process and not each.outcome and each.process.alive}
    end_orphans(folder, records)
    waiting = []
    for record in map(book.named, records):
        files = folder.trial(record.name)
        code = files.exit_code() if record.process and not record.outcome else None
        ended = files.ended() if code is not None else now()
        overdue = None
        if code is not None or record.number in running:
            overdue = _overdue(experiment, record, ended)
        if record.outcome:
            book.restore(record)
        elif overdue or code is not None:
            book.restore(record)
            outcome = overdue or examine(experiment, files, code or 0)
            book.completed(record, outcome, when=ended, exit_code=code)
        else:
            record = replace(record, process=None, started=None)
            book.restore(record)
            waiting.append(record)
    return waiting


def _overdue(experiment: Experiment, record: Record, ended: datetime) -> TrialCondition | None:
    """What became of a trial that ran, or still runs, beyond its deadline while no engine looked on."""
    until = container(experiment, record.name, record.parameters).deadline
    if until is None or not until.had_passed(record.started, ended):
        return None
    return TrialCondition("Failed", until.reason, until.message)


def reopen(folder: RunFolder, records: Sequence[Record], book: Book) -> None:
    """Read a search that has its verdict; trials that its engine had no time to end are killed now."""
    end_orphans(folder, records)
    for record in map(book.named, records):
        book.restore(record)
        if not record.outcome:
            book.completed(record, KILLED, when=now(), exit_code=None)
