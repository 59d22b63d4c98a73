# SPDX-License-Identifier: Apache-2.0
"""What CMA-ES leaves in the journal with each trial: kept apart, so that reading needs no library of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypedDict

from kfp_katib.engines.local.search.space import Dimension, Numbers

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

NOTE = "kfp-katib:cmaes"
"""The user attribute of a trial that holds its `Note`."""


class Note(TypedDict):
    """What the journal says of a trial: its point, and the trials whose results were told just before it."""

    told: list[int]
    point: list[float]


def misfit(dimensions: Sequence[Dimension]) -> Callable[[FrozenTrial], str]:
    """Why a trial's note is none of a search over these dimensions; empty where it is one."""
    axes = sum(isinstance(each, Numbers) for each in dimensions)

    def why(trial: FrozenTrial) -> str:
        note = trial.user_attrs.get(NOTE)
        if note is None:
            return "has no point of the algorithm"
        return (
            "" if len(note["point"]) == axes else f"has a point of {len(note['point'])} numbers, not {axes}"
        )

    return why
