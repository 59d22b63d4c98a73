# SPDX-License-Identifier: Apache-2.0
"""How long a suggestion takes; benchmarks/suggestions.py measures it for up to 1,000 trials."""

from __future__ import annotations

import pytest

from benchmarks import suggestions
from benchmarks.suggestions import rows
from kfp_katib.engines.local.search.algorithms import ALGORITHMS


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm_is_measured(algorithm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row for each number of trials, with what it takes and what it may take."""
    monkeypatch.setattr(suggestions, "REPEATS", 1)
    (row,) = rows(algorithm, [6])
    assert row.what == f"{algorithm}, 6 trials"
    assert row.limit == "100 ms"
    assert 0 <= float(row.measured.removesuffix(" ms")) < 3_000


def test_the_time_of_a_search_that_has_ended_is_not_made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its plan has fewer trials than were asked for."""
    settings = {"resource_name": "epochs", "eta": "3", "r_l": "3"}
    monkeypatch.setattr(suggestions, "SETTINGS", {"hyperband": settings})
    with pytest.raises(RuntimeError, match="the search ended before 30 trials"):
        list(rows("hyperband", [30]))
