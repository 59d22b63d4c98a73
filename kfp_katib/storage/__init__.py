# SPDX-License-Identifier: Apache-2.0
"""Checkpoints, from the trials' folders to where they are wanted: collect, verify, prune, promote.

The command line needs only addresses, so the names below are imported when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kfp_katib.storage.checkpoint import read_checkpoint, verify
    from kfp_katib.storage.copies import Collected, collect, promote
    from kfp_katib.storage.model_json import Checkpoint, ModelFile
    from kfp_katib.storage.pruning import Pruned, prune

__all__ = [
    "Checkpoint",
    "Collected",
    "ModelFile",
    "Pruned",
    "collect",
    "promote",
    "prune",
    "read_checkpoint",
    "verify",
]

_HOMES = {
    "checkpoint": ("read_checkpoint", "verify"),
    "copies": ("Collected", "collect", "promote"),
    "model_json": ("Checkpoint", "ModelFile"),
    "pruning": ("Pruned", "prune"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
