# SPDX-License-Identifier: Apache-2.0
"""Numbers, durations, parameters and what trials write, as short and plain as they can be read."""

from __future__ import annotations

import re
from collections.abc import Mapping

_FIGURES = 6
_MOST = 8
_LONGEST = 40
_CELL = 60
_FRACTION = re.compile(r"[-+]?(?P<digits>[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))([eE][-+]?[0-9]{1,4})?")
_TERMINAL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(\x07|\x1b\\)")
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def figures(text: str) -> str:
    """A fraction's text, cut to six significant figures; any other text as it is.

    Whole numbers keep all their digits, and short texts stay as they were written: `1.10`, `007`, `1_0`.
    """
    fraction = _FRACTION.fullmatch(text)
    if not fraction or len(fraction["digits"].replace(".", "").lstrip("0")) <= _FIGURES:
        return text
    short = f"{float(text):.{_FIGURES}g}"
    return short if len(short) < len(text) else text


def short(text: str) -> str:
    """What a line or a cell has room for: `figures`, and the beginning of a long text."""
    shown = figures(text)
    return shown if len(shown) <= _CELL else f"{shown[: _CELL - 1]}…"


def duration(seconds: float | None) -> str:
    """`42 s`, `3 min 5 s`, `2 h 3 min`; a dash where it is not known."""
    if seconds is None:
        return "–"
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def assigned(values: Mapping[str, str]) -> str:
    """`lr=0.01, batch_size=32`; the first eight where there are more."""
    shown = [f"{name}={_short(text)}" for name, text in list(values.items())[:_MOST]]
    return ", ".join([*shown, "…"] if len(values) > _MOST else shown)


def _short(text: str) -> str:
    """Text that stays on its line."""
    short = figures(text)
    cut = short if len(short) <= _LONGEST else f"{short[:_LONGEST]}…"
    return cut if cut.isprintable() else repr(cut)


def counted(number: int, noun: str) -> str:
    """`1 trial`, `2 trials`."""
    return f"{number} {noun}{'s' * (number != 1)}"


def tallied(**counts: int) -> list[str]:
    """`2 running`, `1 failed`: a count and its word for each that is not 0."""
    return [f"{count} {what}" for what, count in counts.items() if count]


def legible(text: str) -> str:
    """Text without terminal escape codes and characters that cannot be shown or encoded."""
    plain = _TERMINAL.sub("", text.replace("\r\n", "\n")).replace("\r", "\n")
    return _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", plain).encode("utf-8", "replace").decode()
