# SPDX-License-Identifier: Apache-2.0
"""Suggestions: which values the next trial gets, by Katib's algorithms, here.

`refuse_unsupported` says what this engine cannot search, without importing a library; `open_study` brings
Optuna and, for some algorithms, SciPy, cmaes or scikit-optimize.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kfp_katib.local.search.refusals import refuse_unsupported

if TYPE_CHECKING:
    from optuna.storages import BaseStorage

    from kfp_katib.experiment.model import Experiment
    from kfp_katib.local.search.suggestions import Suggestion, Suggestions

__all__ = ["Suggestion", "Suggestions", "open_study", "refuse_unsupported"]


def open_study(experiment: Experiment, storage: BaseStorage) -> Suggestions:
    """Open or create the study of an Experiment; see `suggestions.open_study`."""
    from kfp_katib.local.search import suggestions

    return suggestions.open_study(experiment, storage)


def __getattr__(name: str) -> object:
    if name in ("Suggestion", "Suggestions"):
        from kfp_katib.local.search import suggestions

        return getattr(suggestions, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
