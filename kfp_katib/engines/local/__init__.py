# SPDX-License-Identifier: Apache-2.0
"""The local engine: a Katib Experiment on this machine, without Katib.

The names below are imported on first use: reading a manifest needs none of them, and Windows lacks what
they need.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

from kfp_katib.errors import InputError

if TYPE_CHECKING:
    from kfp_katib.engines.local.ending import cancel, end_abandoned
    from kfp_katib.engines.local.engine import run
    from kfp_katib.engines.local.existing import own_step, read, watch
    from kfp_katib.engines.local.listing import searches
    from kfp_katib.engines.local.live_page import application
    from kfp_katib.engines.local.placeholder_values import pipeline_values
    from kfp_katib.engines.local.removal import discard, to_delete
    from kfp_katib.engines.local.unsupported import refusals

__all__ = [
    "application",
    "cancel",
    "discard",
    "end_abandoned",
    "own_step",
    "pipeline_values",
    "read",
    "refusals",
    "run",
    "searches",
    "to_delete",
    "trials_here",
    "watch",
]

trials_here = True

_HOME = {
    "application": "live_page",
    "cancel": "ending",
    "discard": "removal",
    "end_abandoned": "ending",
    "own_step": "existing",
    "pipeline_values": "placeholder_values",
    "read": "existing",
    "refusals": "unsupported",
    "run": "engine",
    "searches": "listing",
    "to_delete": "removal",
    "watch": "existing",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if sys.platform == "win32" and name != "refusals":
        raise InputError("The local engine runs on Linux and macOS; on Windows, run it in WSL.")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
