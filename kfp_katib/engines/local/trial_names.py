# SPDX-License-Identifier: Apache-2.0
"""The names of trials, which look like Katib's and are the same whenever a search runs anew."""

from __future__ import annotations

import hashlib
from collections.abc import Container

ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
"""No vowels and no digits that look like letters: `utilrand` of Kubernetes' apimachinery."""

_NAME_LENGTH = 8


def trial_name(experiment: str, source: str, number: int, taken: Container[str] = ()) -> str:
    """The name of one trial, like Katib's: `<experiment>-<8 characters of Kubernetes' alphabet>`.

    Args:
        experiment: The Experiment's name.
        source: What makes this search's names unique; the same source gives the same names.
        number: The trial's place in the order of creation.
        taken: Names that are in use.
    """
    attempt = 0
    while True:
        digest = hashlib.sha256(f"{source}/{number}/{attempt}".encode()).digest()
        value = int.from_bytes(digest[:16], "big")
        suffix = ""
        for _ in range(_NAME_LENGTH):
            value, index = divmod(value, len(ALPHABET))
            suffix += ALPHABET[index]
        name = f"{experiment}-{suffix}"
        if name not in taken:
            return name
        attempt += 1
