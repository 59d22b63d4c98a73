# SPDX-License-Identifier: Apache-2.0
"""Columns of text that fit into a width: what does not fit is left out, and can be named."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

HEAD_WIDTH = 12
"""A longer name takes several lines of the head."""
CELL_WIDTH = 24
"""A longer cell is cut."""
_GAP = "  "


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        name: What stands above it.
        cells: Its cells, one a row.
        needed: Whether it stays, however narrow the table has to be.
    """

    name: str
    cells: Sequence[str]
    needed: bool = False

    @property
    def head(self) -> list[str]:
        """The lines above it: a long name is broken behind a blank, `_`, `-` or `.`, where it has one."""
        lines = [""]
        for part in re.split(r"(?<=[ _.-])", self.name):
            *whole, rest = (
                _pieces(part) if wide(lines[-1] + part.rstrip()) > HEAD_WIDTH else [lines.pop() + part]
            )
            lines += [*whole, rest]
        return [line.strip() for line in lines if line] or [""]

    @property
    def width(self) -> int:
        """How wide it is on a terminal."""
        return max(map(wide, [*self.head, *map(cut, self.cells)]))


def fitting(columns: Sequence[Column], width: int) -> tuple[list[Column], list[str]]:
    """The columns that fit, in order, and the names of the others.

    Args:
        columns: All of them. Those that are needed come first to their room, the others from the left.
        width: How many characters there are.
    """
    room = width + len(_GAP) - sum(each.width + len(_GAP) for each in columns if each.needed)
    shown, left_out = [], []
    for each in columns:
        taken = 0 if each.needed else each.width + len(_GAP)
        if taken <= room:
            shown.append(each)
            room -= taken
        else:
            left_out.append(each.name)
    return shown, left_out


def head(columns: Sequence[Column]) -> list[str]:
    """The lines above the table, names at their bottom."""
    lines = zip_longest(*(reversed(each.head) for each in columns), fillvalue="")
    widths = [each.width for each in columns]
    return [_joined(line, widths) for line in reversed(list(lines))]


def rows(columns: Sequence[Column]) -> list[str]:
    """The rows."""
    widths = [each.width for each in columns]
    return [
        _joined(list(map(cut, row)), widths) for row in zip(*(each.cells for each in columns), strict=True)
    ]


def aligned(table: Sequence[Sequence[str]]) -> list[str]:
    """A head, a rule, and rows; no cell is cut, as there are names among them that somebody copies."""
    widths = [max(map(wide, cells)) for cells in zip(*table, strict=True)]
    first, *rest = table
    lines = [first, ["-" * width for width in widths], *rest]
    return [_joined(line, widths) for line in lines]


def cut(text: str, width: int = CELL_WIDTH) -> str:
    """The text on one line; what is longer ends in an ellipsis."""
    line = " ".join(text.split())
    if wide(line) <= width:
        return line
    while wide(line) >= width:
        line = line[:-1]
    return line + "…"


def wide(text: str) -> int:
    """How many columns a terminal needs for a text."""
    if text.isascii():
        return len(text)
    return sum(_width(sign) for sign in text)


def _pieces(text: str) -> list[str]:
    return [text[start : start + HEAD_WIDTH] for start in range(0, len(text), HEAD_WIDTH)] or [""]


def _width(sign: str) -> int:
    if unicodedata.combining(sign):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


def _joined(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell + " " * (width - wide(cell)) for cell, width in zip(cells, widths, strict=True))
    return _GAP.join(padded).rstrip()
