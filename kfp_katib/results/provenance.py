# SPDX-License-Identifier: Apache-2.0
"""Where the results of a search come from: what its trials do not say, and somebody who repeats it asks."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from kfp_katib.results.told import Told


def installed(packages: Mapping[str, str]) -> dict[str, str]:
    """The versions of packages, by what they are called here; one that was never installed has none."""
    from importlib.metadata import PackageNotFoundError, version  # takes longer than most verbs

    found = {}
    for name, package in packages.items():
        with suppress(PackageNotFoundError):  # such as ours, in a checkout that is only on Python's path
            found[name] = version(package)
    return found


@dataclass(frozen=True, slots=True)
class Provenance:
    """What an engine knows of a search beyond its trials; everything is empty where it knows nothing.

    Attributes:
        seed: The number that the algorithm's random values follow from, as text.
        versions: Of the programs that took part, by their names.
        told: What the search was told of earlier ones.
        told_notes: The sentences among the Result's notes that say so: one for each source, then what it
            means for this search.
    """

    seed: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    told: Told = field(default_factory=Told)
    told_notes: tuple[str, ...] = ()
