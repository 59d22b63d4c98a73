# SPDX-License-Identifier: Apache-2.0
"""Faults of Katib's own suggestion services that end in silence: how each shows, and the way round it.

A service that raises, or answers with another number of suggestions than was asked for, is asked again for
ever (pkg/controller.v1beta1/suggestion/suggestionclient/suggestionclient.go, 0.19); what it said stands in an
event of the Suggestion.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One of Katib's faults.

    Attributes:
        shows: A regular expression for what is said where it shows.
        fix: What it is, and what to do.
        algorithms: Whose fault it is; empty if it may be anybody's.
    """

    shows: str
    fix: str
    algorithms: frozenset[str] = frozenset()


_FORGOTTEN = (
    "The suggestion service was started again and has forgotten the trials that it suggested, without which "
    "{algorithm} cannot go on. Start the search anew under another name; on this machine a search goes on "
    "after an interruption."
)
FAULTS = (
    Fault(
        # What the suggestion services in Go and in Python say about a metric that is not a number.
        r"strconv\.ParseFloat|could not convert string to float",
        "A trial printed a metric that is not a number, such as nan, and Katib's search cannot go on after "
        "that (katib#2723): let the training print a large finite number instead.",
    ),
    Fault(
        r"unexpected trials|not completed yet",
        "Katib's hyperband does not get past its first rung (katib#1168). Set maxTrialCount and "
        "parallelTrialCount both to that rung's size, or search on this machine, where all rungs are run.",
        frozenset({"hyperband"}),
    ),
    Fault(r"Same parameter is not found", _FORGOTTEN),  # goptuna's: cmaes, sobol
    Fault(r"calling application: '", _FORGOTTEN, frozenset({"pbt"})),  # a KeyError: the trial's name
)


def known_fault(said: str, algorithm: str) -> str:
    """What a fault of Katib's is and the way round it; empty if the words show none that is known.

    Args:
        said: What the controller or the service said.
        algorithm: The search's algorithm.
    """
    for fault in FAULTS:
        if (not fault.algorithms or algorithm in fault.algorithms) and re.search(fault.shows, said):
            return fault.fix.format(algorithm=algorithm)
    return ""
