# SPDX-License-Identifier: Apache-2.0
"""Every value that a parser finds, where the library keeps four of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kfp_katib.trial.metrics.json_lines import JsonParser
from kfp_katib.trial.metrics.lines import LineParser, Lines
from kfp_katib.trial.metrics.text import TextParser
from kfp_katib.trial.metrics.timestamp import NO_TIME


@dataclass(frozen=True, slots=True)
class Found:
    """One value of one metric."""

    metric: str
    value: str
    time: datetime


@dataclass(frozen=True, slots=True)
class _Sink:
    metric: str
    found: list[Found]

    def add(self, text: str, time: datetime) -> None:
        self.found.append(Found(self.metric, text, time))

    def add_undated(self, texts: Sequence[bytes]) -> None:
        self.found.extend(Found(self.metric, text.decode(), NO_TIME) for text in texts)


def read_text(
    text: str | bytes, metrics: Sequence[str], filters: Sequence[str], size: int = 0
) -> list[Found]:
    """What the format TEXT finds.

    Args:
        text: The file.
        metrics: The metrics' names.
        filters: RE2 expressions.
        size: How many bytes the parser gets at a time; 0 gives it everything at once.
    """
    found: list[Found] = []
    _feed(TextParser({name: _Sink(name, found) for name in metrics}, filters), text, size)
    return found


def read_json(text: str | bytes, metrics: Sequence[str], size: int = 0) -> list[Found]:
    """What the format JSON finds; arguments as above."""
    found: list[Found] = []
    _feed(JsonParser({name: _Sink(name, found) for name in metrics}), text, size)
    return found


def _feed(parser: LineParser, text: str | bytes, size: int) -> None:
    lines, content = Lines(parser), text.encode() if isinstance(text, str) else text
    for at in range(0, len(content), size or len(content) or 1):
        lines.feed(content[at : at + (size or len(content))])
    lines.end()
