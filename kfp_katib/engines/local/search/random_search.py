# SPDX-License-Identifier: Apache-2.0
"""Random search: each trial's values are drawn from the parameters' own distributions."""

from __future__ import annotations

from kfp_katib.engines.local.search.proposal import Proposal, Propose, Search


def propose_random(search: Search) -> Propose:
    """The algorithm `random`."""

    def propose(number: int) -> Proposal:
        chance = search.random(number)
        return Proposal({dim.name: dim.at(chance.random()) for dim in search.dimensions})

    return propose
