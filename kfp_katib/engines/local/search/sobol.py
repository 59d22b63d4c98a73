# SPDX-License-Identifier: Apache-2.0
"""Sobol's quasi-random sequence, by SciPy.

Optuna's QMCSampler takes the first point at random and does not skip the sequence's own first, which is
zero in every coordinate; Katib's service starts at the second, where every coordinate is one half.
"""

from __future__ import annotations

import warnings

from scipy.stats import qmc

from kfp_katib.engines.local.search.proposal import Proposal, Propose, Search


def propose_sobol(search: Search) -> Propose:
    """The algorithm `sobol`, not scrambled; coordinates go to the parameters in order of their names.

    Both as in Katib's service (goptuna), so that a continuous uniform double gets the same values there.
    """
    dimensions = sorted(search.dimensions, key=lambda dim: dim.name)
    engine = qmc.Sobol(len(dimensions), scramble=False)

    def propose(number: int) -> Proposal:
        if engine.num_generated != number + 1:
            engine.reset()
            engine.fast_forward(number + 1)
        with warnings.catch_warnings():  # SciPy warns that one point alone is no balanced sample
            warnings.simplefilter("ignore", UserWarning)
            (point,) = engine.random(1)
        return Proposal({dim.name: dim.at(float(unit)) for dim, unit in zip(dimensions, point, strict=True)})

    return propose
