# SPDX-License-Identifier: Apache-2.0
"""What a misspelt name was probably meant to be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_LONGEST = 64  # a longer name is no slip of the finger, and comparing it would take its time
_MOST = 200


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is spelt most like this one, None where none comes close.

    Differences of case, `-` and `_` alone do not count.
    """
    names = list(known)[:_MOST]
    bare = _bare(name)
    same = [other for other in names if _bare(other) == bare]
    if same or len(name) > _LONGEST:
        return next(iter(same), None)
    return next(iter(difflib.get_close_matches(name, names, n=1)), None)


def _bare(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")
