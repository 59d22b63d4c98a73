# SPDX-License-Identifier: Apache-2.0
"""Hyperband: many trials with little of a resource, such as epochs; the best run again with more of it.

A rung begins when the one before has ended, so that which trials are promoted follows from the study. They
are new trials with the same assignments and more of the resource: they begin from nothing, as in Katib. A
note says where in the plan a trial stands; what a user enqueues stands nowhere in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Literal

from kfp_katib.engines.local.journal import COMPLETE, RUNNING, StudyTrial
from kfp_katib.engines.local.search.algorithms import WAIT, Proposal, Propose, Search, propose_random
from kfp_katib.engines.local.search.space import Values
from kfp_katib.experiment.rungs import Rung, rungs

Members = Mapping[int, StudyTrial]
"""The trials of one rung by their numbers."""


def propose_hyperband(search: Search) -> Propose:
    """The algorithm `hyperband`, with the settings of Katib's service, by the plan of `experiment.rungs`.

    A trial that failed, was killed or was stopped early is not promoted. Where fewer have a value than the
    next rung has places, it has as many trials as those; where none has, the next bracket begins.
    """
    drawn = propose_random(search)

    def propose(number: int) -> Proposal | Literal["wait"] | None:
        taken = _by_rung(search)
        before: Members = {}
        for rung in rungs(search.settings):
            here = taken[rung.bracket, rung.number]
            best = _best(search, before)[: rung.trials] if rung.number else []
            if rung.number == 0 and len(here) < rung.trials:
                return _proposal(search, rung, drawn(number).values)
            if len(here) < len(best):
                promoted = {trial.note["parent"] for trial in here.values()}
                parent = next(each for each in best if each not in promoted)
                return _proposal(search, rung, _values(search, parent), parent)
            if any(trial.state == RUNNING for trial in here.values()):
                return WAIT
            before = here
        return None

    return propose


def _by_rung(search: Search) -> Mapping[tuple[int, int], Members]:
    """The trials of every rung; a failed one that was run again has its place no more."""
    retried = {trial.retries for trial in search.trials}
    found: dict[tuple[int, int], dict[int, StudyTrial]] = defaultdict(dict)
    for number, trial in enumerate(search.trials):
        if trial.note and number not in retried:
            found[trial.note["bracket"], trial.note["rung"]][number] = trial
    return found


def _best(search: Search, rung: Members) -> list[int]:
    """The trials of a rung that have a value, best first; of two that are equal, the earlier one."""
    values = {
        number: search.sign * (trial.value or 0.0)
        for number, trial in rung.items()
        if trial.state == COMPLETE and not _stopped(trial)
    }
    return sorted(values, key=lambda number: values[number])


def _stopped(trial: StudyTrial) -> bool:
    """Whether a trial was stopped early: its value is of less of the resource than the others had."""
    outcome = trial.record.outcome
    return outcome is not None and outcome.state == "EarlyStopped"


def _values(search: Search, number: int) -> Values:
    params = search.trials[number].params
    return {dim.name: dim.value(params[dim.label]) for dim in search.dimensions}


def _proposal(search: Search, rung: Rung, values: Values, parent: int | None = None) -> Proposal:
    resource = {search.settings["resource_name"]: rung.resource}
    note = {"bracket": rung.bracket, "rung": rung.number, "parent": parent}
    return Proposal({**values, **resource}, note)
