# SPDX-License-Identifier: Apache-2.0
"""What a search was told of earlier ones when it began: trials that fit, and why others were left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ToldTrial:
    """One trial that was told.

    Attributes:
        source: Which search it is of, as a place in the list of sources.
        name: Its name there.
        parameters: Its assignments in this space, as Katib prints them.
        value: The objective, by the strategy of this search.
    """

    source: int
    name: str
    parameters: Mapping[str, str]
    value: float


@dataclass(frozen=True, slots=True)
class Source:
    """What became of the trials of one source.

    Attributes:
        name: What the user calls it.
        told: How many trials were told.
        left_out: How many were not, by the reason.
        ignored: Its parameters that this search does not have.
    """

    name: str
    told: int
    left_out: Mapping[str, int]
    ignored: list[str]


@dataclass(frozen=True, slots=True)
class Told:
    """What a search was told when it began."""

    sources: list[Source] = field(default_factory=list)
    trials: list[ToldTrial] = field(default_factory=list)

    def stored(self) -> dict[str, Any]:
        """It as plain data."""
        return asdict(self)
