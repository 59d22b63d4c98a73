# SPDX-License-Identifier: Apache-2.0
"""Warm start: the trials of earlier searches that an algorithm is told before it suggests its first.

They are copied into one attribute of the study when the search begins, so that their source may go and a
resumed search suggests the same. They are no trials of the study: its numbers, seeds, names, budget, failures
and best trial know nothing of them.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from kfp_katib.engines.local.journal import COMPLETE, StudyTrial
from kfp_katib.engines.local.journal_record import Record
from kfp_katib.engines.local.search.algorithms import MOST_BAYESIAN, cells
from kfp_katib.engines.local.search.given import katib_text, value_of
from kfp_katib.engines.local.search.space import Choices, Dimension, dimensions
from kfp_katib.errors import InputError
from kfp_katib.experiment.argument_names import argument
from kfp_katib.experiment.model import Experiment, Objective
from kfp_katib.results import EarlierTrials, Source, Told, ToldTrial, Trial, minimized, objective_value

MOST = 1_000
"""The best of more trials are told: an algorithm reads all of them for each suggestion."""
_MOST_BYTES = 1 << 20
"""Half of what a line of the journal may hold."""


def of_attribute(stored: Mapping[str, Any] | None) -> Told:
    """The inverse of `Told.stored`; empty where the study has no such attribute."""
    if not stored:
        return Told()
    trials = [ToldTrial(**each) for each in stored["trials"]]
    return Told([Source(**each) for each in stored["sources"]], trials)


def begin(experiment: Experiment, sources: Sequence[EarlierTrials]) -> Told:
    """What a new search is told.

    Raises:
        KfpKatibError: A source cannot be read.
        InputError: A grid would have no cell left.
    """
    told, space = select(experiment, sources), dimensions(experiment)
    if experiment.algorithm.name == "grid" and told.trials:
        known = len({tuple(each.parameters.values()) for each in told.trials})
        twice = math.prod(len(dim.texts) / len(set(dim.texts)) for dim in space if isinstance(dim, Choices))
        if known * twice >= cells(space):
            raise InputError(
                f"Experiment '{experiment.name}': the earlier trials cover all {known} cells of the grid, so "
                f"nothing is left to run. Leave them out ({argument('warm_start')}), or widen the grid."
            )
    return told


def select(experiment: Experiment, sources: Sequence[EarlierTrials]) -> Told:
    """Read the sources, and choose the trials that fit the Experiment.

    Raises:
        KfpKatibError: A source cannot be read.
        InputError: The search is one for architectures.
    """
    if sources and experiment.nas:
        raise InputError(
            f"Experiment '{experiment.name}': {experiment.algorithm.name} learns from no trial, so earlier "
            f"ones are of no use to it. Leave them out ({argument('warm_start')})."
        )
    read = [source.read() for source in sources]
    left_out: list[Counter[str]] = [Counter() for _ in sources]
    fitting = _fitting(experiment, read, left_out)
    kept = _best(fitting, experiment)
    counts = Counter(each.source for each in kept)
    for place, count in Counter(each.source for each in fitting).items():
        if count > counts[place]:
            left_out[place][f"beyond the best {len(kept)}"] = count - counts[place]
    asked = [
        Source(source.source, counts[place], dict(left_out[place]), _ignored(experiment, read[place]))
        for place, source in enumerate(sources)
    ]
    return Told(asked, kept)


def _fitting(
    experiment: Experiment, read: Sequence[Sequence[Trial]], left_out: Sequence[Counter[str]]
) -> list[ToldTrial]:
    """The trials that fit, each once; the others are counted by source and reason."""
    space, objective = dimensions(experiment), experiment.objective
    fitting: dict[tuple[object, ...], ToldTrial] = {}
    for place, trial in ((place, trial) for place, trials in enumerate(read) for trial in trials):
        if why := _misfit(trial, space, objective):
            left_out[place][why] += 1
            continue
        told = _told(trial, place, space, objective)
        key = (told.name, *told.parameters.values(), told.value)
        if fitting.setdefault(key, told) is not told:
            left_out[place]["told already"] += 1
    return list(fitting.values())


def _ignored(experiment: Experiment, trials: Sequence[Trial]) -> list[str]:
    """The parameters of earlier trials that this search does not have."""
    known = {parameter.name for parameter in experiment.parameters}
    names = dict.fromkeys(name for each in trials for name in each.parameters)
    return [name for name in names if name not in known]


_STATES = {"Failed": "failed", "Killed": "killed", "Pending": "unfinished", "Running": "unfinished"}


def _misfit(trial: Trial, space: Sequence[Dimension], objective: Objective) -> str:
    """Why a trial cannot be told, to follow a count; empty if it can."""
    if trial.state in _STATES:
        return _STATES[trial.state]
    if objective_value(trial, objective) is None:
        return f"without a finite {objective.metric}"
    for dim in space:
        if dim.name not in trial.parameters:
            return f"without {dim.name}"
        if value_of(dim, trial.parameters[dim.name]) is None:
            return f"outside the space of {dim.name}"
    return ""


def _told(trial: Trial, place: int, space: Sequence[Dimension], objective: Objective) -> ToldTrial:
    texts = {dim.name: katib_text(dim, trial.parameters[dim.name]) for dim in space}
    return ToldTrial(place, trial.name, texts, objective_value(trial, objective) or 0.0)


def _best(trials: list[ToldTrial], experiment: Experiment) -> list[ToldTrial]:
    """As many of the best as may be told, in the order in which they came."""
    objective = experiment.objective
    ranked = sorted(range(len(trials)), key=lambda place: minimized(trials[place].value, objective))
    most = MOST_BAYESIAN if experiment.algorithm.name == "bayesianoptimization" else MOST
    while True:
        kept = [trials[place] for place in sorted(ranked[:most])]
        if len(json.dumps([asdict(each) for each in kept])) <= _MOST_BYTES:
            return kept
        most //= 2


def study_trials(told: Told, space: Sequence[Dimension]) -> tuple[StudyTrial, ...]:
    """What was told, in the form of the study's own trials.

    Raises:
        InputError: The journal is damaged: a value is outside the space.
    """
    return tuple(_study_trial(each, space) for each in told.trials)


def _study_trial(told: ToldTrial, space: Sequence[Dimension]) -> StudyTrial:
    params = {}
    for dim in space:
        value = value_of(dim, told.parameters.get(dim.name, ""))
        if value is None:
            raise InputError(
                f"The journal is damaged: the earlier trial {told.name!r} that the search was told has no "
                f"value in the space of {dim.name}. Start anew with {argument('again')}."
            )
        params[dim.label] = dim.stored(value)
    record = Record(-1, told.parameters, told.name)
    return StudyTrial(params, {}, record, state=COMPLETE, value=told.value)
