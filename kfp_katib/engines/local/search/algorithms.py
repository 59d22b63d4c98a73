# SPDX-License-Identifier: Apache-2.0
"""Katib's algorithm names, each with the module that implements it, imported when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import cast

from kfp_katib.engines.local.search.proposal import Propose, Search

ALGORITHMS: Mapping[str, tuple[str, str]] = {
    "random": ("random_search", "propose_random"),
    "grid": ("grid", "propose_grid"),
    "tpe": ("tpe", "propose_tpe"),
    "multivariate-tpe": ("tpe", "propose_multivariate_tpe"),
    "bayesianoptimization": ("bayesian_optimization", "propose_bayesian_optimization"),
    "cmaes": ("cma_es", "propose_cma_es"),
    "sobol": ("sobol", "propose_sobol"),
}
"""Algorithm name to module and function; the heavy libraries are behind these modules."""


def propose_for(name: str, search: Search) -> Propose:
    """The algorithm of that name, ready to propose."""
    module, function = ALGORITHMS[name]
    return cast(
        "Propose", getattr(import_module(f"kfp_katib.engines.local.search.{module}"), function)(search)
    )
