# SPDX-License-Identifier: Apache-2.0
"""One of a few names: what does not fit is refused with the nearest that would."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from kfp_katib.errors import InputError


def choose(value: str, names: Iterable[str], what: str) -> str:
    """The value, where it is one of the names.

    Raises:
        InputError: It is none of them; the message starts with `what`.
    """
    known = tuple(names)
    if value not in known:
        raise InputError(f"{what} is {value!r}. {hint(value, known)}")
    return value


def hint(value: str, names: Iterable[str]) -> str:
    """What to write instead: the nearest name where one is near, and all of them."""
    known = sorted(names)
    listed = f"There is: {', '.join(known)}." if known else "There is none."
    near = difflib.get_close_matches(value, known, n=1)
    return f"Did you mean {near[0]!r}? {listed}" if near else listed
