# SPDX-License-Identifier: Apache-2.0
"""Suggestions: which values the next trial gets, by Katib's algorithms, here.

The libraries of single algorithms (SciPy, cmaes, scikit-optimize) are imported when a search needs them.
"""

from __future__ import annotations

from kfp_katib.engines.local.search.suggestions import Suggestion, Suggestions, open_study

__all__ = ["Suggestion", "Suggestions", "open_study"]
