# SPDX-License-Identifier: Apache-2.0
"""The page of an evaluation says what was compared and shows one point at a time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from training.evaluate import Comparison
from training.physics.observables import differences, summarise
from training.point import Point
from training.report.page import figure, page

POINTS = [Point("SciPb", 50.0, 4.0), Point("SiW", 90.0, 64.0), Point("SiW", 90.0, 128.0)]


def comparison(point: Point) -> Comparison:
    """Compare two random samples."""
    first, second = np.random.default_rng(int(point.energy_gev)).random((2, 30, 2, 3, 4), dtype=np.float32)
    simulated, generated = summarise(first, point), summarise(second, point)
    return Comparison(point, simulated, generated, differences(simulated, generated))


@pytest.fixture(scope="module")
def comparisons() -> list[Comparison]:
    """Three points."""
    return [comparison(point) for point in POINTS]


def metrics(comparisons: list[Comparison]) -> dict[str, float]:
    """Numbers that can be told apart on the page."""
    names = list(comparisons[0].differences)
    numbers = {name: 0.1234 + index for index, name in enumerate(names)}
    return {**numbers, **{f"{name}_worst": 77.0 for name in names}, "showers": 90.0}


def test_means_and_points_stand_in_tables(comparisons: list[Comparison]) -> None:
    """Every observable with its mean, every point in a row of its own."""
    text = page(comparisons, metrics(comparisons))
    assert "<td>energy_mean</td><td>0.1234</td><td>77</td>" in text
    assert "90 showers of each" in text
    for point in POINTS:
        assert f"<tr><td>{point}</td>" in text


def test_names_cannot_inject_markup(comparisons: list[Comparison]) -> None:
    """What comes from a file's name is text."""
    strange = replace(comparisons[0], point=Point("<b>SiW</b>", 90.0, 4.0))
    table = page([strange], metrics(comparisons)).split("Point by point")[1]
    assert "&lt;b&gt;SiW" in table
    assert "<b>SiW" not in table


def test_the_menu_shows_one_point_at_a_time(comparisons: list[Comparison]) -> None:
    """Each button turns on the six curves of its point, and at first the first point's are on."""
    drawn = figure(comparisons)
    assert [trace.visible for trace in drawn.data] == [True] * 6 + [False] * 12
    buttons = drawn.layout.updatemenus[0].buttons
    assert [button.label for button in buttons] == [str(point) for point in POINTS]
    for number, button in enumerate(buttons):
        shown = button.args[0]["visible"]
        assert [index for index, on in enumerate(shown) if on] == list(range(6 * number, 6 * number + 6))


def test_curves_hold_the_summaries(comparisons: list[Comparison]) -> None:
    """Histogram counts add up to the showers, profiles are the shares themselves."""
    energy, longitudinal, radial = figure(comparisons).data[:3]
    assert {trace.name for trace in (energy, longitudinal, radial)} == {"simulated"}
    assert sum(energy.y) == 30
    assert list(longitudinal.y) == pytest.approx(comparisons[0].simulated.longitudinal)
    assert list(radial.y) == pytest.approx(comparisons[0].simulated.radial)
