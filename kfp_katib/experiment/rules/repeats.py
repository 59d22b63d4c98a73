# SPDX-License-Identifier: Apache-2.0
"""What stands several times where once is meant: names that have to differ, entries of which one counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator


def again(listed: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Each text that stood before, with its path; an empty one is a text that is missing, and none again."""
    seen: set[str] = set()
    for path, text in listed:
        if text in seen:
            yield path, text
        if text:
            seen.add(text)


def several(texts: Iterable[str]) -> Iterator[str]:
    """Each text that stands more than once, told once."""
    return (text for text, count in Counter(texts).items() if count > 1)
