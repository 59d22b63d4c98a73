# SPDX-License-Identifier: Apache-2.0
"""What the algorithms store with their trials, so that a resumed search goes on as it would have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from kfp_katib.engines.local.journal_attributes import note_of


class StoredNote(BaseModel):
    """What an algorithm stores with a trial."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)

    def trials(self) -> list[int]:
        """The earlier trials that it names."""
        raise NotImplementedError


class CmaEsNote(StoredNote):
    """What CMA-ES stores with a trial."""

    told: list[int]
    point: list[Annotated[float, Field(ge=0, le=1)]]

    def trials(self) -> list[int]:
        """Those whose results were told before it."""
        return self.told


class PbtNote(StoredNote):
    """What population based training stores with a trial."""

    told: list[int]
    generation: Annotated[int, Field(ge=0)]
    parent: int | None

    def trials(self) -> list[int]:
        """Those that were taken in before it, and the one from whose checkpoint it begins."""
        return self.told if self.parent is None else [*self.told, self.parent]


class HyperbandNote(StoredNote):
    """Where a trial stands in hyperband's plan, and which one was promoted to it."""

    bracket: Annotated[int, Field(ge=0)]
    rung: Annotated[int, Field(ge=0)]
    parent: int | None

    def trials(self) -> list[int]:
        """The one that was promoted."""
        return [] if self.parent is None else [self.parent]


NOTES: Mapping[str, TypeAdapter[Any]] = {
    note_of("cmaes"): TypeAdapter(CmaEsNote),
    note_of("pbt"): TypeAdapter(PbtNote),
    note_of("hyperband"): TypeAdapter(HyperbandNote),
}
"""The shape by the attribute that holds it."""
