# SPDX-License-Identifier: Apache-2.0
"""Whether a trial of a journal can be a suggestion of its search, with the note that its algorithm stores."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from kfp_katib.engines.local.journal import COMPLETE, StudyTrial
from kfp_katib.engines.local.search.architectures import damage
from kfp_katib.engines.local.search.space import Numbers, dimensions
from kfp_katib.experiment.model import Experiment
from kfp_katib.experiment.rules.services import ARCHITECTURE
from kfp_katib.experiment.rungs import rungs

Misfit = Callable[[StudyTrial, Mapping[str, str], Sequence[StudyTrial]], str]
"""From a trial, its distributions and the trials before it to what is wrong with it; empty if nothing is."""

NoteMisfit = Callable[[StudyTrial, Sequence[StudyTrial]], str]
"""The same for the note that an algorithm stores with a trial, which has the right shape."""


def misfit(experiment: Experiment) -> Misfit:
    """A function that says why a trial is not a suggestion of this Experiment's search; empty if it is."""
    space = dimensions(experiment)
    known = {dim.label: dim.distribution() for dim in space}
    names = {*(dim.name for dim in space), *ARCHITECTURE.get(experiment.algorithm.name, ())}
    of_note = _OF_NOTES.get(experiment.algorithm.name)
    note_misfit = of_note(experiment) if of_note else None

    def why(trial: StudyTrial, distributions: Mapping[str, str], before: Sequence[StudyTrial]) -> str:
        if {label: _parsed(text) for label, text in distributions.items()} != known:
            return "has other parameters than the manifest"
        if set(trial.record.parameters) != names:
            return "has values of other parameters than the manifest's"
        if not all(dim.has(trial.params[dim.label]) for dim in space):
            return "has values outside the manifest's space"
        return note_misfit(trial, before) if note_misfit else ""

    return why


def _of_cma_es(experiment: Experiment) -> NoteMisfit:
    axes = sum(isinstance(each, Numbers) for each in dimensions(experiment))

    def why(trial: StudyTrial, before: Sequence[StudyTrial]) -> str:
        if not trial.note:
            return "lacks the algorithm's point"
        count = len(trial.note["point"])
        return "" if count == axes else f"has a point of {count} numbers, not {axes}"

    return why


def _of_hyperband(experiment: Experiment) -> NoteMisfit:
    settings = experiment.algorithm.settings
    resource = settings["resource_name"]

    def why(trial: StudyTrial, before: Sequence[StudyTrial]) -> str:
        if trial.retries is not None and trial.note != before[trial.retries].note:
            return "stands elsewhere than the failed trial whose values it runs again"
        if not trial.note:
            apart = trial.enqueued is not None or trial.retries is not None
            return "" if apart else "lacks its place in a rung"
        at = trial.note["bracket"], trial.note["rung"]
        amounts = (str(each.resource) for each in rungs(settings) if (each.bracket, each.number) == at)
        if trial.record.parameters[resource] != next(amounts, None):
            return "has another amount of the resource than its rung"
        if trial.note["parent"] is None:
            return "" if at[1] == 0 else "was promoted from no trial"
        parent = before[trial.note["parent"]]
        below = parent.note and (parent.note["bracket"], parent.note["rung"] + 1) == at
        same = {**parent.record.parameters, resource: trial.record.parameters[resource]}
        promoted = below and parent.state == COMPLETE and same == trial.record.parameters
        return "" if promoted else "was promoted from a trial that cannot have been"

    return why


def _of_pbt(_: Experiment) -> NoteMisfit:
    def why(trial: StudyTrial, before: Sequence[StudyTrial]) -> str:
        if not trial.note:
            return "" if trial.enqueued is not None else "lacks its generation"
        if not all(before[number].told for number in trial.note["told"]):
            return "follows the end of a trial that had not ended"
        parent = trial.note["parent"]
        if (parent is None) != (trial.note["generation"] == 0):
            return "has a generation that does not go with its parent"
        has_value = parent is None or before[parent].state == COMPLETE
        return "" if has_value else "goes on from a trial without a value"

    return why


def _of_enas(experiment: Experiment) -> NoteMisfit:
    return lambda trial, _: damage(experiment.nas, trial.record.parameters) if experiment.nas else ""


_OF_NOTES: Mapping[str, Callable[[Experiment], NoteMisfit]] = {
    "cmaes": _of_cma_es,
    "hyperband": _of_hyperband,
    "pbt": _of_pbt,
    "enas": _of_enas,
}


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
