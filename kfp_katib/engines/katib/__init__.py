# SPDX-License-Identifier: Apache-2.0
"""The Katib engine: one Experiment, run on a Katib in a cluster.

The official client takes two seconds to import, so the names below are imported when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kfp_katib.engines.katib.engine import read, run, watch
    from kfp_katib.engines.katib.listing import searches
    from kfp_katib.engines.katib.step import own_step
    from kfp_katib.engines.katib.stop import cancel, end_abandoned
    from kfp_katib.engines.options import RunOptions
    from kfp_katib.experiment import Experiment, Problem

__all__ = [
    "cancel",
    "end_abandoned",
    "own_step",
    "pipeline_values",
    "read",
    "refusals",
    "run",
    "searches",
    "trials_here",
    "watch",
]

trials_here = False

_HOME = {"cancel": "stop", "end_abandoned": "stop", "own_step": "step", "searches": "listing"}


def refusals(experiment: Experiment) -> list[Problem]:
    """What is wrong with a manifest for Katib alone; what is wrong anywhere, its rules refuse already."""
    from kfp_katib.experiment.load import errors_on

    return list(errors_on(experiment, "katib"))


def pipeline_values(name: str, options: RunOptions) -> dict[str, str]:
    """None: in a cluster each address and image has to be given."""
    return {}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME.get(name, 'engine')}"), name)
