# SPDX-License-Identifier: Apache-2.0
"""Slices: a small panel for each parameter that has several values."""

from __future__ import annotations

import pytest

from kfp_katib.report.figures import Figure
from kfp_katib.report.figures.slices import slices
from kfp_katib.results import Trial
from tests.builders.experiment import double, experiment, one_of
from tests.builders.result import result, trial
from tests.builders.searched import searched
from tests.report.figures.drawn import drawn


def panels(figure: Figure | None) -> list[tuple[str, str]]:
    """The parameters and the kinds of their axes."""
    assert figure is not None
    axes = [plot["layout"]["xaxis"] for plot in drawn(figure)]
    return [(axis["title"]["text"], axis.get("type", "categories")) for axis in axes]


def test_each_parameter_has_a_panel_in_the_manifests_order() -> None:
    """Logarithmic where its space is, and it is said which."""
    figure = slices(searched(30))
    assert panels(figure) == [
        ("learning_rate", "log"),
        ("batch_size", "linear"),
        ("dropout", "linear"),
        ("activation", "categories"),
        ("layers", "categories"),
    ]
    assert figure is not None
    assert "Logarithmic: learning_rate." in figure.sentence


def test_of_a_hundred_parameters_the_first_are_drawn() -> None:
    """And so it is said."""
    figure = slices(searched(60, parameters=[double(f"p{n}", "0", "1") for n in range(100)]))
    assert figure is not None
    assert len(figure.plots) == 40
    assert "40 of 100 parameters are drawn, the manifest's first ones." in figure.sentence


def test_a_parameter_that_never_changed_has_no_panel() -> None:
    """It would be one column of points."""
    assert [name for name, _ in panels(slices(result([trial(n, f"0.{n}") for n in range(1, 5)])))] == [
        "lr",
        "batch_size",
    ]


def test_the_best_trial_stands_out_and_values_have_all_digits() -> None:
    """On hover as the trial got them."""
    texts = ("0.30000000000000004", "0.5", "0.123456789")
    space = (double("x", "0", "1"),)
    trials = [trial(n, f"0.{5 - n}", parameters={"x": text}) for n, text in enumerate(texts)]
    figure = slices(result(trials, experiment(parameters=space)))
    assert figure is not None
    others, best = drawn(figure)[0]["data"]
    assert others["customdata"] == ["0.30000000000000004", "0.5"]
    assert best["customdata"] == ["0.123456789"]
    assert best["text"] == ["tune-2: 0.3"]
    assert best["marker"]["symbol"] == "star" != others["marker"].get("symbol")


def test_points_of_a_category_lie_side_by_side() -> None:
    """A hundred at one place would be one; they never reach the next category, and never move."""
    space = (one_of("kind", "a", "b"),)
    trials = [trial(n, f"0.{n}", parameters={"kind": "ab"[n % 2]}) for n in range(1, 60)]
    first, again = (slices(result(trials, experiment(parameters=space))) for _ in range(2))
    assert first == again
    assert first is not None
    (others, _) = drawn(first)[0]["data"]
    places = dict(zip(others["x"], others["customdata"], strict=True))
    assert len(places) > 50
    assert {round(place) for place, text in places.items() if text == "a"} == {0}
    assert {round(place) for place, text in places.items() if text == "b"} == {1}


def test_twenty_parameters_with_many_trials_stay_light() -> None:
    """All panels together have 10,000 points; it is said how many trials that are."""
    space = tuple(double(f"p{n}", "0", "1") for n in range(20))
    figure = slices(searched(2000, parameters=space, curves=False))
    assert figure is not None
    assert len(figure.plots) == 20
    assert sum(len(trace["x"]) for plot in figure.plots for trace in plot.data) == 10_000
    assert "500 of 1," in figure.sentence


@pytest.mark.parametrize(
    "trials",
    [
        [],
        [trial(0, "0.5")],
        [trial(n, "nan") for n in range(5)],
        [trial(n, "0.5", parameters={}) for n in range(5)],
    ],
    ids=["none", "one", "no value", "no parameters"],
)
def test_where_nothing_varies_there_is_no_figure(trials: list[Trial]) -> None:
    """Empty panels say nothing."""
    assert slices(result(trials)) is None
