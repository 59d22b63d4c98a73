# SPDX-License-Identifier: Apache-2.0
"""Every value that a collector finds, where the library keeps four of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from kfp_katib.trial.metrics.aggregate import NO_TIME, Values
from kfp_katib.trial.metrics.json_lines import read_json as _read_json
from kfp_katib.trial.metrics.text_lines import read_text as _read_text


@dataclass(frozen=True, slots=True)
class Found:
    """One value of one metric."""

    metric: str
    value: str
    time: datetime


class _Listed(Values):
    def __init__(self, metric: str, found: list[Found]) -> None:
        super().__init__()
        self._metric, self._found = metric, found

    def add(self, text: str, time: datetime = NO_TIME) -> None:
        self._found.append(Found(self._metric, text, time))

    def add_undated(self, texts: Sequence[bytes]) -> None:
        for text in texts:
            self.add(text.decode())


def read_text(
    text: str | bytes, metrics: Sequence[str], filters: Sequence[str], size: int = 0
) -> list[Found]:
    """What the format TEXT finds.

    Args:
        text: The file.
        metrics: The metrics' names.
        filters: RE2 expressions.
        size: How many bytes arrive at a time; 0 is everything at once.
    """
    found: list[Found] = []
    _read_text(pieces(text, size), {name: _Listed(name, found) for name in metrics}, filters)
    return found


def read_json(text: str | bytes, metrics: Sequence[str], size: int = 0) -> list[Found]:
    """What the format JSON finds; arguments as above."""
    found: list[Found] = []
    _read_json(pieces(text, size), {name: _Listed(name, found) for name in metrics})
    return found


def pieces(text: str | bytes, size: int) -> Iterator[bytes]:
    """A file as it arrives, so many bytes at a time."""
    content = text.encode() if isinstance(text, str) else text
    step = size or len(content) or 1
    return (content[at : at + step] for at in range(0, len(content), step))
