# SPDX-License-Identifier: Apache-2.0
"""One Katib Experiment manifest, run on this machine, on a cluster, or as one step of a Kubeflow pipeline.

    from kfp_katib import run

    result = run("experiment.yaml")
    result.best.parameters          # {"lr": "0.012", ...}
    result.dataframe()              # every trial, with pandas

`run` runs an Experiment on this machine, or on Katib in a cluster, and returns a Result: its trials, the best
of them, the verdict. `load` turns a manifest into an Experiment (`check` says what is wrong with it),
`Experiment.build` makes one with the words of `search`, `override` and `render` turn one into another, and
`to_yaml` writes it. `storage` collects the best trial's model, `report.html` makes a page of a Result. Every
error is a KfpKatibError.

Each name is imported when it is first used: `import kfp_katib` stays quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kfp_katib import report, search, storage
    from kfp_katib.engines.options import Identity, RunOptions
    from kfp_katib.errors import (
        ClusterError,
        ExperimentFailed,
        InputError,
        Interrupted,
        KfpKatibError,
        ManifestError,
        NoCheckpoint,
        ServiceError,
        Stalled,
        StorageError,
        TimedOut,
        Unfinished,
    )
    from kfp_katib.experiment import Experiment, Problem, check, load, override, render, to_yaml
    from kfp_katib.results import Metric, Progress, Result, Trial
    from kfp_katib.start import run

__all__ = [
    "ClusterError",
    "Experiment",
    "ExperimentFailed",
    "Identity",
    "InputError",
    "Interrupted",
    "KfpKatibError",
    "ManifestError",
    "Metric",
    "NoCheckpoint",
    "Problem",
    "Progress",
    "Result",
    "RunOptions",
    "ServiceError",
    "Stalled",
    "StorageError",
    "TimedOut",
    "Trial",
    "Unfinished",
    "check",
    "load",
    "override",
    "render",
    "report",
    "run",
    "search",
    "storage",
    "to_yaml",
]

_HOMES = {
    "kfp_katib.engines.options": ("Identity", "RunOptions"),
    "kfp_katib.experiment": ("Experiment", "Problem", "check", "load", "override", "render", "to_yaml"),
    "kfp_katib.results": ("Metric", "Progress", "Result", "Trial"),
    "kfp_katib.start": ("run",),
}
_MODULES = ("report", "search", "storage")
_HOME = {name: module for module, names in _HOMES.items() for name in names}


if not TYPE_CHECKING:  # for a type checker every name would be there

    def __getattr__(name: str) -> object:
        if name in _MODULES:
            return importlib.import_module(f"{__name__}.{name}")
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(importlib.import_module(_HOME.get(name, "kfp_katib.errors")), name)


def __dir__() -> list[str]:
    return __all__
