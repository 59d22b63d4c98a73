# SPDX-License-Identifier: Apache-2.0
"""References to the trial's own data, such as `${trialSpec.Name}`, read as Katib reads them."""

from __future__ import annotations

from typing import NamedTuple

import re2

# Searched for, not matched: Katib's own way. Python's engine would take n * n steps for "${trialSpec." * n.
META = re2.compile(r"\$\{trialSpec\.(.+?)\}")
NAMES = ("Name", "Namespace", "Kind", "APIVersion")
TABLES = ("Labels", "Annotations")
_INDEXED = re2.compile(r"(.+)\[(.+)\]")


class Meta(NamedTuple):
    """What of the trial a reference means: one of `NAMES`, or one of `TABLES` with the item meant."""

    key: str
    item: str = ""


def meta(reference: str) -> Meta | None:
    """What a trialParameter's reference means, None where Katib takes it for a search parameter."""
    found = META.search(reference)
    if not found:
        return None
    indexed = _INDEXED.search(found[1])
    read = Meta(indexed[1], indexed[2]) if indexed else Meta(found[1])
    return read if read.key in (*NAMES, *TABLES) else None
