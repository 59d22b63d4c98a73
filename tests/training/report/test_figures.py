# SPDX-License-Identifier: Apache-2.0
"""What is drawn of a curve: its samples, their ratios, and gaps where there is no number."""

from __future__ import annotations

import json
import math

import pytest

from tests.training.report.made import curve
from training.errors import ModelError
from training.report import page as figures


def test_a_curve_is_drawn_with_its_ratios() -> None:
    """Values and errors of three samples; the ratio's error has those of both samples."""
    drawn = figures.curve(curve())
    assert drawn["edges"] == [0.0, 1.0, 2.0, 3.0]
    assert drawn["samples"]["full"] == [[1.0, 4.0, 2.0], [0.1, 0.1, 0.1]]
    assert drawn["samples"]["generated"][0] == [1.5, 4.0, 1.0]
    ratio, error = drawn["ratios"]["generated"]
    assert ratio == [1.5, 1.0, 0.5]
    assert error == pytest.approx(
        [math.hypot(0.1, 1.5 * 0.1), math.hypot(0.1, 0.1) / 4, 0.05 * 1.118], rel=1e-3
    )
    assert drawn["ratios"]["floor"][0] == [1.0, 1.0, 1.0]


def test_the_agreement_is_told_for_the_model_and_for_the_floor() -> None:
    """Deviations of 5, 0 and 10 errors, each of two samples: (25 + 0 + 100) / 2 / 3."""
    assert figures.curve(curve())["agreement"] == "χ² per bin: model 20.8, second full sample 0"
    assert figures.curve(curve(error=0.0))["agreement"] == ""


@pytest.mark.parametrize(
    ("full", "generated", "floor", "ratio"),
    [
        pytest.param((0.0, 2.0), (1.0, 1.0), (0.0, 2.0), [None, 0.5], id="a bin that full has not"),
        pytest.param((0.0, 2.0), (0.0, 1.0), (0.0, 2.0), [None, 0.5], id="a bin that none has"),
        pytest.param((2.0, 2.0), (0.0, 1.0), (2.0, 2.0), [0.0, 0.5], id="a bin that the model has not"),
        pytest.param((0.0, 0.0), (0.0, 0.0), (0.0, 0.0), [None, None], id="nothing at all"),
    ],
)
@pytest.mark.parametrize("logarithmic", [False, True], ids=["linear", "logarithmic"])
@pytest.mark.parametrize("error", [0.0, 0.1])
def test_what_cannot_be_divided_is_a_gap(
    full: tuple[float, ...],
    generated: tuple[float, ...],
    floor: tuple[float, ...],
    ratio: list[float | None],
    *,
    logarithmic: bool,
    error: float,
) -> None:
    """No bin breaks the page, whose JSON knows neither NaN nor infinity."""
    drawn = figures.curve(curve("x", full, generated, floor, error=error, logarithmic=logarithmic))
    assert drawn["ratios"]["generated"][0] == ratio
    json.dumps(drawn, allow_nan=False)
    low, high = drawn["range"]
    assert low < high
    assert low > 0.0 or not logarithmic


def test_a_logarithmic_axis_shows_six_decades() -> None:
    """The last showers in the tail do not flatten the rest."""
    low, high = figures.curve(curve(full=(1.0, 1e-9, 0.1), logarithmic=True))["range"]
    assert high > 4.0
    assert math.log10(high / low) < 7.0


def test_the_axis_has_room_for_errors() -> None:
    """The highest bin's band is not cut off."""
    assert figures.curve(curve(error=1.0))["range"] == [0.0, pytest.approx(5.5)]


@pytest.mark.parametrize(
    ("generated", "window"),
    [((1.0, 4.2, 2.1), 0.1), ((1.0, 4.5, 2.0), 0.2), ((1.0, 5.5, 2.0), 0.5), ((9.0, 4.0, 2.0), 1.0)],
    ids=str,
)
def test_the_ratio_axis_is_as_narrow_as_the_model_allows(generated: tuple[float, ...], window: float) -> None:
    """Agreement in percents is seen as well as a factor of two."""
    assert figures.curve(curve(generated=generated, error=0.01))["window"] == window


def test_learning_curves_name_the_epoch_with_the_lowest_distance() -> None:
    """It is the one whose weights are kept."""
    drawn = figures.learning("epoch,loss,val_loss,physics_distance\n1,5,6,0.8\n2,4,5.5,0.2\n3,3,4,0.5\n")
    assert drawn == {
        "epoch": [1.0, 2.0, 3.0],
        "loss": [5.0, 4.0, 3.0],
        "val_loss": [6.0, 5.5, 4.0],
        "physics_distance": [0.8, 0.2, 0.5],
        "kept": 2.0,
    }


@pytest.mark.parametrize(
    "text",
    [
        "epoch,loss\n1,2\n",
        "epoch,physics_distance\n1,two\n",
        "epoch,physics_distance\n",
        "1\n2\n",
        "a,b\n1\n",
    ],
    ids=["no distance", "a word", "no epoch", "no names", "a short row"],
)
def test_curves_that_no_training_wrote_are_refused(text: str) -> None:
    """Beside an exported model lie its own, or none."""
    with pytest.raises(ModelError, match=r"learning curves are damaged .*Export the model again"):
        figures.learning(text)


def test_a_loss_that_falls_in_its_fifth_digit_falls_on_the_page() -> None:
    """Sums over cells fall by a thousandth only, and are drawn on an axis of their own."""
    drawn = figures.learning("epoch,loss,physics_distance\n1,6.66532,1\n2,6.66528,1\n")
    assert drawn["loss"] == [6.66532, 6.66528]
