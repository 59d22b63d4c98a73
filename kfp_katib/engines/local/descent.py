# SPDX-License-Identifier: Apache-2.0
"""How the best trial of population based training came about: its parameters alone do not train its model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kfp_katib.engines.local.journal import Journal, StudyTrial
from kfp_katib.results import Result

_MOST = 10


def with_descent(result: Result, journal: Journal) -> Result:
    """The Result of a search; where trials go on from others, with a note on those before the best one."""
    if result.experiment.algorithm.name != "pbt" or result.best is None:
        return result
    best = next(each for each in journal.trials if each.record.name == result.best.name)
    before = list(_line(best, journal))[::-1]
    return replace(result, notes=(*result.notes, _said(best, before))) if before else result


def _line(trial: StudyTrial, journal: Journal) -> Iterator[StudyTrial]:
    """The trials before one, the last one first."""
    while (parent := trial.note.get("parent")) is not None:
        trial = journal.trials[parent]
        yield trial


def _said(best: StudyTrial, before: list[StudyTrial]) -> str:
    shown = [f"{each.record.name} ({_values(each)})" for each in before[-_MOST:]]
    more = [f"{len(before) - _MOST} more"] if len(before) > _MOST else []
    name, generation = f"{best.record.name} ({_values(best)})", best.note["generation"]
    return (
        f"The best trial, {name}, is of generation {generation}: it went on from the checkpoints of others, "
        f"in this order: {', '.join([*more, *shown])}."
    )


def _values(trial: StudyTrial) -> str:
    return ", ".join(f"{name}={text}" for name, text in trial.record.parameters.items())
