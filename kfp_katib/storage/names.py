# SPDX-License-Identifier: Apache-2.0
"""Names of experiments and trials that become names of folders: only those that Kubernetes allows."""

from __future__ import annotations

import re

from kfp_katib.errors import InputError

# A DNS subdomain after RFC 1123, which is what an object's name in Kubernetes is. It has no `/`, is never
# empty, `.` or `..`, and starts with no dot, so it names a folder right inside its root.
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LONGEST = 253


def is_safe_name(name: str) -> bool:
    """Whether Kubernetes would take this as the name of an Experiment or a Trial."""
    return len(name) <= _LONGEST and _NAME.fullmatch(name) is not None


def refuse_unsafe_name(kind: str, name: str) -> None:
    """Refuse a name that could lead out of the folder it stands in.

    Raises:
        InputError: It is not a name that Kubernetes would take.
    """
    if not is_safe_name(name):
        raise InputError(
            f"The {kind}'s name {name!r} cannot be the name of its folder. Use lower-case letters, digits, "
            "`-` and `.`, as Kubernetes does."
        )
