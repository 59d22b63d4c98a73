# SPDX-License-Identifier: Apache-2.0
"""Suggestions: which values the next trial gets, by Katib's algorithms, here.

The libraries of single algorithms (SciPy, cmaes, scikit-optimize) are imported when a search needs them, and
nothing here by this package itself: which algorithms there are is asked before anything runs.
"""
