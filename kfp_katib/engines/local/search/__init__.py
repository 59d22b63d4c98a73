# SPDX-License-Identifier: Apache-2.0
"""Suggestions: the values of the next trial, chosen by Katib's algorithms on this machine.

The libraries of single algorithms (SciPy, cmaes, scikit-optimize) are imported when a search needs them. The
package itself imports nothing: which algorithms there are is asked before anything runs.
"""
