# SPDX-License-Identifier: Apache-2.0
"""What a user should know of an algorithm beforehand; warm starts have notes of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from kfp_katib.experiment.model import Experiment
from kfp_katib.experiment.rungs import planned, shown


def algorithm_notes(experiment: Experiment) -> Iterator[str]:
    """Sentences on the Experiment's algorithm, none where it does what a user expects."""
    if notes := _NOTES.get(experiment.algorithm.name):
        yield from notes(experiment)


def _of_hyperband(experiment: Experiment) -> Iterator[str]:
    count, most = planned(experiment.algorithm.settings), experiment.max_trial_count
    if most is not None and most < count:
        yield f"hyperband's plan has {shown(count)} trials; maxTrialCount ends it after {most}."


def _of_enas(experiment: Experiment) -> Iterator[str]:
    yield (
        "enas draws every architecture at random, as Katib's does: its controller is rewarded with the mean "
        "of all trials, whatever it drew, and so cannot learn from them."
    )


_NOTES: Mapping[str, Callable[[Experiment], Iterator[str]]] = {
    "hyperband": _of_hyperband,
    "enas": _of_enas,
}
