# SPDX-License-Identifier: Apache-2.0
"""The sentence at the top and the tables' words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.training.report.made import COSTS, comparison, evaluation
from training.geometry import Point
from training.physics.observables import Estimate
from training.report import tables


def verdict(**changes: object) -> str:
    """The sentence on an evaluation, with plain spaces."""
    return tables.verdict(replace(evaluation(), **changes)).replace("\N{NO-BREAK SPACE}", " ")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(
            {},
            "The model on a mesh of 18 × 16 × 9 cells, 1,000 showers at 1 point: physics distance "
            "0.1235 ± 0.0046 against 0.02001 ± 0.00023 of two samples of full simulation, 6.17 times this "
            "floor.",
            id="everything",
        ),
        pytest.param(
            {"floor": {"physics_distance": Estimate(0.0)}, "comparisons": (comparison(),) * 2},
            "The model on a mesh of 18 × 16 × 9 cells, 2,000 showers at 2 points: physics distance "
            "0.1235 ± 0.0046 against 0 of two samples of full simulation.",
            id="a floor of zero",
        ),
    ],
)
def test_the_verdict_is_one_sentence(changes: dict[str, object], expected: str) -> None:
    """The model, its mesh, how many showers, and how far it is from full simulation."""
    assert verdict(**changes) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("radial_l1", "radial L1"),
        ("auc", "AUC of a classifier"),
        ("longitudinal_first_moment_wasserstein", "longitudinal first moment Wasserstein"),
    ],
)
def test_names_are_written_as_words(name: str, expected: str) -> None:
    """Abbreviations as they are known, everything else as it stands."""
    assert tables.label(name) == expected


def test_costs_have_three_digits_and_a_unit() -> None:
    """And are in words."""
    assert tables.costs(COSTS)[0] == ("time per shower, one by one", "0.312 ms")


@pytest.mark.parametrize(
    ("model", "floor", "expected"),
    [
        (Estimate(0.9, 0.01), Estimate(0.55, 0.01), ["8.0", "±\N{NO-BREAK SPACE}1.6"]),
        (Estimate(0.9, 0.01), Estimate(0.45, 0.01), ["8.0", "±\N{NO-BREAK SPACE}1.6"]),
        (Estimate(0.9, 0.01), Estimate(0.495, 0.01), ["–"]),
    ],
    ids=["above", "below", "equal"],
)
def test_the_ratio_of_a_classifier_counts_from_one_half(
    model: Estimate, floor: Estimate, expected: list[str]
) -> None:
    """0.5 cannot tell samples apart: it is what 0 is for a distance."""
    (row,) = tables.rows({"auc": model}, {"auc": floor})
    assert row[-1] == expected


def test_the_worst_point_has_the_largest_distance() -> None:
    """Where there is one alone, there is nothing to choose from."""

    def at(energy: float, distance: float) -> object:
        point = Point("SiW", 90.0, energy)
        return replace(comparison(point), differences={"physics_distance": Estimate(distance)})

    three = [at(1.0, 0.1), at(2.0, 0.4), at(4.0, 0.2)]
    assert tables.worst(evaluation(three)) == 1  # type: ignore[arg-type]
    assert tables.worst(evaluation()) is None
