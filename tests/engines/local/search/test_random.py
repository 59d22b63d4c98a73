# SPDX-License-Identifier: Apache-2.0
"""Random search follows the distributions of the manifest."""

from __future__ import annotations

from statistics import median

import pytest

from tests.builders.experiment import double, integer, one_of
from tests.engines.local.search.searching import experiment, run, search


@pytest.fixture(scope="module")
def drawn() -> dict[str, list[str]]:
    """Five hundred draws."""
    space = (
        double("log", "0.0001", "1", distribution="logUniform"),
        double("normal", "0", "6", distribution="normal"),
        integer("int", "1", "4"),
        one_of("list", "a", "b"),
    )
    trials = run(search(experiment("random", space, settings={"random_state": "1"})), 500, lambda texts: 1.0)
    return {parameter.name: [texts[parameter.name] for texts in trials] for parameter in space}


def test_log_uniform_has_its_median_in_the_geometric_middle(drawn: dict[str, list[str]]) -> None:
    """Half of the draws lie below 0.01, the middle of four decades."""
    assert 0.005 < median(map(float, drawn["log"])) < 0.02


def test_normal_has_two_thirds_within_one_deviation(drawn: dict[str, list[str]]) -> None:
    """68 % of the draws lie within a sixth of the range around the middle."""
    assert 0.62 < sum(2 <= float(text) <= 4 for text in drawn["normal"]) / 500 < 0.74


@pytest.mark.parametrize(("name", "share"), [("int", 0.25), ("list", 0.5)])
def test_every_value_gets_its_share(drawn: dict[str, list[str]], name: str, share: float) -> None:
    """Within four standard deviations of a fair draw."""
    for value in set(drawn[name]):
        assert drawn[name].count(value) / 500 == pytest.approx(share, abs=0.09)
