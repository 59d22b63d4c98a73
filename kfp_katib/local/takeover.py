# SPDX-License-Identifier: Apache-2.0
"""Taking over from an engine that is gone: what ended is collected, what still runs is ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kfp_katib.experiment.model import Experiment
from kfp_katib.local.book import Book
from kfp_katib.local.folder import RunFolder
from kfp_katib.local.journal import Record, now
from kfp_katib.local.outcome import KILLED, examine
from kfp_katib.local.processes import kill


def end_orphans(records: Sequence[Record]) -> None:
    """Kill every trial that an engine before us started and did not see end."""
    kill([record.process for record in records if record.process and not record.outcome])


def take_over(
    experiment: Experiment, folder: RunFolder, records: Sequence[Record], book: Book
) -> list[Record]:
    """Go on with an unfinished search.

    Returns:
        The trials that have to run, or to run again.
    """
    end_orphans(records)
    waiting = []
    for record in map(book.named, records):
        files = folder.trial(record.name)
        code = files.exit_code() if record.process and not record.outcome else None
        if record.outcome or code is not None:
            book.restore(record)
        else:
            record = replace(record, process=None, started=None)
            book.restore(record)
            waiting.append(record)
        if code is not None:
            book.completed(record, examine(experiment, files, code), when=files.ended(), exit_code=code)
    return waiting


def reopen(records: Sequence[Record], book: Book) -> None:
    """Read a search that has its verdict; trials that its engine had no time to end are killed now."""
    end_orphans(records)
    for record in map(book.named, records):
        book.restore(record)
        if not record.outcome:
            book.completed(record, KILLED, when=now(), exit_code=None)
