# SPDX-License-Identifier: Apache-2.0
"""Points that a user gives to run before the algorithm's own.

They wait in an attribute of the study, and the trial of each says which it is: so each runs once, whatever
was killed in between. To the algorithm such a trial is one that it suggested.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kfp_katib.engines.local.journal import Journal
from kfp_katib.engines.local.journal_attributes import ENQUEUED
from kfp_katib.engines.local.search.algorithms import Proposal, Search, propose_for, propose_random
from kfp_katib.engines.local.search.given import in_words, katib_text, value_of
from kfp_katib.engines.local.search.space import Dimension, Numbers, Value, dimensions
from kfp_katib.errors import InputError
from kfp_katib.experiment.argument_names import argument
from kfp_katib.experiment.choices import hint
from kfp_katib.experiment.model import Experiment
from kfp_katib.experiment.rungs import searched, whole_resource
from kfp_katib.results.brief import counted

Point = Mapping[str, str]
"""Some parameters, or all, with their values."""


def checked(experiment: Experiment, points: Iterable[Point]) -> list[Point]:
    """The points that a user gave, in Katib's text.

    Raises:
        InputError: One names no parameter, an unknown one, or a value outside its feasible space; a grid is
            given a part of a cell; or the search is one for architectures.
    """
    points = list(points)
    if points and experiment.nas:
        raise InputError(
            f"{argument('enqueue')}: Experiment '{experiment.name}' searches neural architectures. What each "
            f"trial is told is written by {experiment.algorithm.name}; leave the points out."
        )
    space = {dim.name: dim for dim in dimensions(experiment)}
    return [_checked(experiment, space, {name: str(text) for name, text in each.items()}) for each in points]


def _checked(experiment: Experiment, space: Mapping[str, Dimension], point: Point) -> Point:
    values = ", ".join(f"{name}={text}" for name, text in point.items())
    said = f"{argument('enqueue')} {values}".rstrip()
    if not point:
        raise InputError(
            f"{argument('enqueue')}: a point is empty. Name at least one parameter, such as lr=0.01."
        )
    for name, text in point.items():
        if name not in space:
            raise InputError(f"{said}: there is no parameter {name!r}. {hint(name, space)}")
        if value_of(space[name], text) is None:
            parameter = next(each for each in experiment.parameters if each.name == name)
            feasible = searched(parameter, experiment.algorithm).space
            raise InputError(
                f"{said}: {text!r} is not in the feasible space of {name}: {in_words(feasible)}. Give a "
                "value of it, or widen the space in the manifest."
            )
    missing = [name for name in space if name not in point]
    if missing and experiment.algorithm.name == "grid":
        raise InputError(
            f"{said}: a grid has no value of its own for {', '.join(missing)}. Name a whole cell."
        )
    point = whole_resource(experiment.algorithm) | dict(point)
    return {name: katib_text(space[name], point[name]) for name in space if name in point}


def new(journal: Journal, points: Sequence[Point]) -> list[Point]:
    """The points that the study does not have yet; one that is given twice is two."""
    known = Counter(map(_key, journal.attributes.get(ENQUEUED, ())))
    fresh = []
    for point in points:
        if known[_key(point)]:
            known[_key(point)] -= 1
        else:
            fresh.append(point)
    return fresh


def refuse_vain(experiment: Experiment, journal: Journal, points: Sequence[Point], *, ended: bool) -> None:
    """Refuse new points that would not run.

    Args:
        experiment: What runs.
        journal: Its study.
        points: What the user gave.
        ended: Whether the search has its verdict.

    Raises:
        InputError: There is no room for all of them.
    """
    fresh, budget = new(journal, points), experiment.max_trial_count
    begun = len(journal.counted) + len(waiting(journal))
    if not fresh or not (ended or (budget is not None and begun + len(fresh) > budget)):
        return
    taken = "it has its verdict" if ended else f"{begun} of its maxTrialCount of {budget} trials are taken"
    said = counted(len(fresh), "new point")
    raise InputError(
        f"{argument('enqueue')}: Experiment '{experiment.name}' has no room for {said}: {taken}. "
        f"Change what ends it (a larger maxTrialCount, {argument('max_trials')}), enqueue fewer, or start "
        f"anew with {argument('again')}."
    )


def _key(point: Point) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(point.items()))


def waiting(journal: Journal) -> list[int]:
    """The places of the points that have no trial yet, in order."""
    begun = {trial.enqueued for trial in journal.trials}
    return [place for place in range(len(journal.attributes.get(ENQUEUED, ()))) if place not in begun]


def proposal(point: Point, algorithm: str, search: Search) -> Proposal:
    """A point as a proposal for the next trial: the algorithm's own gives what the point does not."""
    given = _values(point, search.dimensions)
    whole = len(given) == len(search.dimensions)
    known = Proposal({}) if whole else _own(algorithm, search)
    values = {**known.values, **given}
    if algorithm != "cmaes":
        return Proposal(values)
    axes = [dim for dim in search.dimensions if isinstance(dim, Numbers)]
    at: Any = known.note.get("point") or [None] * len(axes)
    coordinates = [
        dim.unit(given[dim.name]) if dim.name in given else drawn for dim, drawn in zip(axes, at, strict=True)
    ]
    return Proposal(values, {"told": known.note.get("told", []), "point": coordinates})


_BY_PLAN = ("hyperband", "pbt")
"""The algorithms whose proposals are steps of a plan, beside which a point of the user stands."""


def _own(algorithm: str, search: Search) -> Proposal:
    """What the algorithm proposes now; a random draw if it has to wait, or proposes by a plan.

    A new instance is asked, as after a resume: the one that goes on must not think that its proposal was
    taken.
    """
    number = len(search.trials)
    answer = None if algorithm in _BY_PLAN else propose_for(algorithm, search)(number)
    return answer if isinstance(answer, Proposal) else propose_random(search)(number)


def _values(point: Point, space: Sequence[Dimension]) -> dict[str, Value]:
    """The values of a point of the journal, which was checked before it was written."""
    found = {dim.name: value_of(dim, point[dim.name]) for dim in space if dim.name in point}
    values = {name: value for name, value in found.items() if value is not None}
    if not values or len(values) != len(point):
        raise InputError(
            f"The journal is damaged: the enqueued point {dict(point)} is not in the space. Start anew "
            f"with {argument('again')}."
        )
    return values
