# SPDX-License-Identifier: Apache-2.0
"""What a user is told of a warm start, and whether the search that goes on is asked for the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kfp_katib.engines.local.journal import Journal
from kfp_katib.engines.local.journal_attributes import WARM_START
from kfp_katib.engines.local.search.algorithms import CMA_ES_NEEDS
from kfp_katib.engines.local.search.warm_start import of_attribute, select
from kfp_katib.errors import InputError, KfpKatibError
from kfp_katib.experiment.argument_names import argument
from kfp_katib.experiment.model import Experiment
from kfp_katib.results import EarlierTrials, Source, Told, minimized
from kfp_katib.results.brief import counted

_KEPT = "The search goes on with the earlier trials that it was told when it began."


def goes_on(experiment: Experiment, before: Told, sources: Sequence[EarlierTrials]) -> tuple[str, ...]:
    """Compare what a search that has begun was told with what it is asked to be told now.

    Returns:
        A note, if the source has changed or gone since.

    Raises:
        InputError: It is another source.
    """
    names = sorted(source.source for source in sources)
    same = names == sorted(source.name for source in before.sources)
    said = ", ".join(names)
    if not sources:
        return ()
    try:
        now = select(experiment, sources)
    except (KfpKatibError, OSError):
        if not same:
            raise
        return (f"Warm start: {said} cannot be read any more. {_KEPT}",)
    if now.trials and _content(now) == _content(before):
        return ()
    if not same:
        raise InputError(_other(experiment.name, said, before))
    return () if now.stored() == before.stored() else (f"Warm start: {said} has changed since. {_KEPT}",)


def _content(told: Told) -> list[tuple[object, ...]]:
    return sorted((each.name, each.value, *sorted(each.parameters.items())) for each in told.trials)


def _other(name: str, said: str, before: Told) -> str:
    had = ", ".join(source.name for source in before.sources)
    return (
        f"The search of Experiment '{name}' has begun {f'with the trials of {had}' if had else 'without any'}"
        f"{'' if had else ' earlier trials'}; those of {said} come too late. Go on without "
        f"{argument('warm_start')}, start anew with {argument('again')}, or give the Experiment another name "
        f"({argument('name')})."
    )


def notes(experiment: Experiment, journal: Journal) -> Iterator[str]:
    """What the user should know of a warm start: who was asked, what the algorithm does with it."""
    told = of_attribute(journal.attributes.get(WARM_START))
    for source in told.sources:
        yield f"Warm start: {_of_source(source)}."
    if not told.trials:
        return
    objective = experiment.objective
    best = min(told.trials, key=lambda each: minimized(each.value, objective))
    values = ", ".join(f"{name}={text}" for name, text in best.parameters.items())
    yield (
        f"The earlier trials count in nothing here. The best of them is {best.name or 'one without a name'} "
        f"of {told.sources[best.source].name}: {objective.metric}={best.value:g} with {values}."
    )
    if use := _use(experiment.algorithm.name, len(told.trials)):
        yield use
    if stopping := experiment.early_stopping:
        yield (
            f"{stopping.name} compares with the trials of this search only: what the earlier ones reported "
            "on their way is not known."
        )


def _of_source(source: Source) -> str:
    said = f"told {counted(source.told, 'earlier trial')} of {source.name}"
    if source.left_out:
        said += f"; left out: {', '.join(f'{count} {why}' for why, count in source.left_out.items())}"
    if source.ignored:
        said += f"; parameters that this search does not have: {', '.join(source.ignored)}"
    return said


def _use(algorithm: str, count: int) -> str:
    """What an algorithm does with earlier trials, where that is not to learn from them."""
    if algorithm in ("random", "sobol"):
        return f"{algorithm} cannot use earlier trials: its values do not depend on results."
    if algorithm == "pbt":
        return "pbt cannot use earlier trials: they left no checkpoints that its population could begin from."
    if algorithm == "hyperband":
        return "hyperband cannot use earlier trials: it compares only those of one rung with each other."
    if algorithm == "grid":
        return "grid does not run the cells of earlier trials again."
    if algorithm == "cmaes" and count < CMA_ES_NEEDS:
        return (
            f"cmaes needs {CMA_ES_NEEDS} earlier trials to begin where they were good, and was told {count}: "
            "it begins in the middle of the space."
        )
    return ""
