# SPDX-License-Identifier: Apache-2.0
"""Names from a fixed set: what a misspelt one probably means, and what the choices are."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from kfp_katib.errors import InputError

_LONGEST = 64  # a longer name is no typo, and comparing it takes time
_MOST = 200
_STEM = 3
_MOST_PAIRS = 20


def choose(value: str, names: Iterable[str], what: str) -> str:
    """The value, if it is one of the names.

    Raises:
        InputError: It is none of them; the message starts with `what`.
    """
    known = tuple(names)
    if value not in known:
        raise InputError(f"{what} is {value!r}. {hint(value, known)}")
    return value


def hint(value: str, names: Iterable[str]) -> str:
    """What to write instead: the nearest name if one is close, and the whole list."""
    known = sorted(names)
    listed = f"Use one of: {', '.join(known)}." if known else "There is none."
    near = closest(value, known)
    return f"Did you mean {near!r}? {listed}" if near else listed


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name whose spelling is closest to this one, None if none is close.

    Differences of case, `-` and `_` alone do not count; what only one name begins with stands for that.
    """
    names = list(known)[:_MOST]
    bare = _bare(name)
    same = [other for other in names if _bare(other) == bare]
    if same or len(name) > _LONGEST:
        return next(iter(same), None)
    longer = [other for other in names if len(bare) >= _STEM and _bare(other).startswith(bare)]
    if len(longer) == 1:
        return longer[0]
    return next(iter(difflib.get_close_matches(name, names, n=1)), None)


def paired(strange: Sequence[str], free: Sequence[str]) -> dict[str, str]:
    """For names that nothing has, the ones that were meant, each for one of them at most.

    Args:
        strange: Names that are not known.
        free: Known names that are not used: the closest one is meant, or the only one for the only one.
    """
    left = dict.fromkeys(free[:_MOST])
    found: dict[str, str] = {}
    for name in strange[:_MOST_PAIRS] if left else ():
        if meant := closest(name, left):
            found[name] = meant
            del left[meant]
    rest = [name for name in strange if name not in found]
    return {**found, rest[0]: next(iter(left))} if len(rest) == len(left) == 1 else found


def _bare(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")
