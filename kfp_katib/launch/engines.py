# SPDX-License-Identifier: Apache-2.0
"""Who runs an Experiment: an engine is a module with a `run`, and there are those that are installed."""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType

from kfp_katib.choices import choose

MODULES = {"katib": "kfp_katib.cluster", "local": "kfp_katib.local"}


def available() -> tuple[str, ...]:
    """The engines that this installation has."""
    specs = {name: importlib.util.find_spec(module) for name, module in MODULES.items()}
    return tuple(name for name, spec in specs.items() if spec and spec.origin)


def engine(name: str) -> ModuleType:
    """The module behind an engine's name.

    Raises:
        InputError: There is no such engine here.
    """
    return importlib.import_module(MODULES[choose(name, available(), "engine")])
