# SPDX-License-Identifier: Apache-2.0
"""Quotes a trial's output in a sentence: short, and without anything that a terminal interprets."""

from __future__ import annotations

from collections.abc import Sequence

_CHARACTERS = 120
_NAMES = 8


def shown(text: str, around: str = "") -> str:
    """A line in backquotes, cut where it is long; control characters and lone surrogates are escaped.

    Args:
        text: One line.
        around: The part of it to keep in view, if it is there.
    """
    at = max(0, text.lower().find(around.lower()) - _CHARACTERS // 3) if len(text) > _CHARACTERS else 0
    part = text[at : at + _CHARACTERS]
    before, after = "…" if at else "", "…" if at + len(part) < len(text) else ""
    return f"`{before}{''.join(map(_visible, part))}{after}`"


def listed(names: Sequence[str]) -> str:
    """The first few names."""
    words = [shown(name) for name in names[:_NAMES]]
    return ", ".join(words) + (" and more" if len(names) > _NAMES else "")


def _visible(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode()
