# SPDX-License-Identifier: Apache-2.0
"""From a training script that exists to a manifest to begin with.

Each module takes what the one before it gives: `typed` (the command line), `asking` (its script, run with
`--help`, becomes a ScriptOption for each argument), `feasible` (which of them are searched, and where),
`objective` (what is optimized), and `commented` (a manifest that says why, at each guess).
"""

from __future__ import annotations

from kfp_katib.proposal.asking import ask
from kfp_katib.proposal.commented import to_text
from kfp_katib.proposal.objective import Objective, guessed, measured
from kfp_katib.proposal.propose import Proposal, Wishes, propose
from kfp_katib.proposal.trying import try_out
from kfp_katib.proposal.typed import Typed, typed

__all__ = [
    "Objective",
    "Proposal",
    "Typed",
    "Wishes",
    "ask",
    "guessed",
    "measured",
    "propose",
    "to_text",
    "try_out",
    "typed",
]
