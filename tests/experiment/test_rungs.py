# SPDX-License-Identifier: Apache-2.0
"""Hyperband's plan is that of its paper, to the last trial and the last unit of the resource."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfp_katib.experiment.rungs import MANY, planned, rungs, shown

Bracket = Sequence[tuple[int, int]]
"""Trials and resource of each rung."""


def plan(most: str, eta: str = "3") -> list[Bracket]:
    """The brackets for these settings, in order."""
    found = itertools.groupby(rungs({"r_l": most, "eta": eta}), key=lambda rung: rung.bracket)
    return [[(rung.trials, rung.resource) for rung in bracket] for _, bracket in found]


NINE = [[(9, 1), (3, 3), (1, 9)], [(5, 3), (2, 9)], [(3, 9)]]
TWENTY_SEVEN = [
    [(27, 1), (9, 3), (3, 9), (1, 27)],
    [(12, 3), (4, 9), (2, 27)],
    [(6, 9), (2, 27)],
    [(4, 27)],
]
EIGHTY_ONE = [
    [(81, 1), (27, 3), (9, 9), (3, 27), (1, 81)],
    [(34, 3), (12, 9), (4, 27), (2, 81)],
    [(15, 9), (5, 27), (2, 81)],
    [(8, 27), (3, 81)],
    [(5, 81)],
]
SIXTEEN = [
    [(16, 1), (8, 2), (4, 4), (2, 8), (1, 16)],
    [(10, 2), (5, 4), (3, 8), (2, 16)],
    [(7, 4), (4, 8), (2, 16)],
    [(5, 8), (3, 16)],
    [(5, 16)],
]


@pytest.mark.parametrize(
    ("most", "eta", "brackets", "trials", "resource"),
    [
        ("9", "3", NINE, 23, 87),
        ("27", "3", TWENTY_SEVEN, 70, 450),
        ("81", "3", EIGHTY_ONE, 211, 2181),
        ("16", "2", SIXTEEN, 77, 436),
        ("10", "3", [[(9, 1), (3, 3), (1, 10)], [(5, 3), (2, 10)], [(3, 10)]], 23, 93),
        ("1", "3", [[(1, 1)]], 1, 1),
        ("2.9", "3", [[(1, 2)]], 1, 2),
        ("9.0", "1e0000000001", [[(1, 9)]], 1, 9),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_plan(most: str, eta: str, brackets: list[Bracket], trials: int, resource: int) -> None:
    """Every bracket's trials and resource, and their sums."""
    assert plan(most, eta) == brackets
    assert planned({"r_l": most, "eta": eta}) == trials
    assert sum(count * amount for bracket in brackets for count, amount in bracket) == resource


@pytest.mark.parametrize(("most", "eta", "last"), [("243", "3", 5), ("1000", "10", 3), ("125", "5", 3)])
def test_a_power_of_eta_has_all_its_brackets(most: str, eta: str, last: int) -> None:
    """Logarithms of floats, as in Katib, lose the first of them."""
    assert [len(bracket) for bracket in plan(most, eta)] == list(range(last + 1, 0, -1))
    assert plan(most, eta)[0] == [
        (int(eta) ** (last - number), int(eta) ** number) for number in range(last + 1)
    ]


@pytest.mark.parametrize("eta", ["0", "-1", "3.0", None])
def test_eta_is_three_by_default(eta: str | None) -> None:
    """Katib takes what is zero or less for the default as well."""
    settings = {"r_l": "81"} | ({} if eta is None else {"eta": eta})
    assert list(rungs(settings)) == list(rungs({"r_l": "81", "eta": "3"}))


@given(st.decimals(1, 5_000, places=2), st.decimals(2, 9, places=1))
def test_the_formulas(most: object, eta: object) -> None:
    """Those of the paper, with ceilings; the last rung of each bracket gets all of the resource."""
    exact, base = Fraction(str(most)), Fraction(str(eta))
    brackets = plan(str(most), str(eta))
    assert base ** (len(brackets) - 1) <= exact < base ** len(brackets)
    for last, bracket in zip(range(len(brackets) - 1, -1, -1), brackets, strict=True):
        first = -(-len(brackets) * base**last // (last + 1))
        expected = [(-(-first // base**each), exact // base ** (last - each)) for each in range(last + 1)]
        assert bracket == expected
        assert bracket[-1][1] == int(exact)
        assert bracket[0][1] >= 1


def test_a_plan_without_measure_is_not_counted() -> None:
    """It has more trials than anybody runs; that is all there is to say."""
    assert planned({"r_l": "1e300", "eta": "2"}) == MANY
    assert shown(MANY) == "more than 1000000000"
