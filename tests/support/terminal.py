# SPDX-License-Identifier: Apache-2.0
"""Terminals: a stream that says that it is one, and what a real one shows of what was written to it."""

from __future__ import annotations

import io
import re

_CONTROL = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|\r|\n|[^\x1b\r\n]")


class Screen(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        """It is one."""
        return True


def shown(text: str, width: int = 80) -> list[str]:
    """The lines that stand on a terminal, with all that has scrolled away, after a text was written to it.

    It knows what a live region needs: carriage returns, line feeds, `A` (up), `K` (erase), and colours, which
    are left out.
    """
    lines: list[list[str]] = [[]]
    row = column = 0
    for found in _CONTROL.finditer(text):
        sign, number, command = found.group(), found.group(1), found.group(2)
        if command == "A":
            row = max(row - int(number or 1), 0)
        elif command == "K":
            lines[row] = [] if number == "2" else lines[row][:column]
        elif command in ("m", "h", "l"):
            continue
        elif command:
            raise ValueError(f"a terminal's command that is not known here: {sign!r}")
        elif sign == "\r":
            column = 0
        elif sign == "\n" or column >= width:
            row, column = row + 1, 0
            if row == len(lines):
                lines.append([])
        if not command and sign not in "\r\n":
            lines[row] = [*lines[row], *" " * (column - len(lines[row]))]
            lines[row][column : column + 1] = [sign]
            column += 1
    return ["".join(line).rstrip() for line in lines]
