# SPDX-License-Identifier: Apache-2.0
"""Trial names like Katib's: `<experiment>-<8 characters>`, in the alphabet of Kubernetes' random names."""

from __future__ import annotations

import hashlib
from collections.abc import Container

ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
"""No vowels and no digits that look like letters: `utilrand` of Kubernetes' apimachinery."""

_LENGTH = 8


def trial_name(experiment: str, source: str, number: int, taken: Container[str] = ()) -> str:
    """The name of one trial.

    Args:
        experiment: The Experiment's name.
        source: What makes this search's names its own; the same source gives the same names.
        number: The trial's place in the order of creation.
        taken: Names that are in use.
    """
    attempt = 0
    while True:
        digest = hashlib.sha256(f"{source}/{number}/{attempt}".encode()).digest()
        value = int.from_bytes(digest[:16], "big")
        suffix = ""
        for _ in range(_LENGTH):
            value, index = divmod(value, len(ALPHABET))
            suffix += ALPHABET[index]
        name = f"{experiment}-{suffix}"
        if name not in taken:
            return name
        attempt += 1
