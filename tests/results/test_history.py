# SPDX-License-Identifier: Apache-2.0
"""The picture of a search's history: where its points are, and what is at the edge."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfp_katib.results import Trial
from kfp_katib.results.history import drawn
from tests.builders.experiment import objective
from tests.builders.result import metric, trial


def values(*texts: str, type: Literal["minimize", "maximize"] = "minimize") -> ET.Element:
    """The picture of trials with these values."""
    return picture([trial(number, text) for number, text in enumerate(texts)], type)


def picture(trials: Sequence[Trial], type: Literal["minimize", "maximize"] = "minimize") -> ET.Element:
    """The picture and its caption."""
    return ET.fromstring(f"<div>{drawn(trials, objective(type))}</div>")


def heights(page: ET.Element) -> list[float]:
    """How far below the top each trial's point is, in order of creation."""
    return [float(each.get("cy", "")) for each in page.iter("circle") if each.get("r") == "3"]


def ring(page: ET.Element) -> tuple[str | None, str | None]:
    """Where the best trial's ring is."""
    (found,) = (each for each in page.iter("circle") if each.get("r") == "6")
    return found.get("cx"), found.get("cy")


def caption(page: ET.Element) -> str:
    """The words below."""
    return "".join(page.findall("div")[0].itertext())


def test_a_lower_value_is_drawn_lower() -> None:
    """The distances are those of the values."""
    first, second, third = heights(values("1", "3", "2"))
    assert first - third == pytest.approx(third - second, abs=0.2)
    assert first > second


@pytest.mark.parametrize(("type", "place"), [("minimize", 1), ("maximize", 2)])
def test_the_best_has_a_ring(type: Literal["minimize", "maximize"], place: int) -> None:
    """Whichever way is better; of two equals the earlier one."""
    page = values("2", "1", "3", "3", type=type)
    point = [each for each in page.iter("circle") if each.get("r") == "3"][place]
    assert ring(page) == (point.get("cx"), point.get("cy"))


def test_a_value_far_behind_is_at_the_edge_and_leaves_room_to_the_others() -> None:
    """A trial that diverged does not press all others into one line; its own value is there on hover."""
    page = values(*(f"0.{number}" for number in range(11, 21)), "1e6")
    assert "triangles at the edge: 1 value far behind" in caption(page)
    assert max(heights(page)) - min(heights(page)) > 100
    assert any("1e6" in (each.text or "") for each in page.iter("title"))


def test_of_a_few_trials_none_is_far_behind() -> None:
    """There is nothing to measure it by."""
    assert len(heights(values("0.1", "0.2", "100"))) == 3


def test_trials_without_a_value_are_crosses() -> None:
    """Failed ones in red; one that runs has no mark."""
    page = picture(
        [trial(0, "0.5"), trial(1, state="Failed"), trial(2, state="Killed"), trial(3, state="Running")]
    )
    told = [each.text for each in page.iter("title")]
    assert told == ["tune-0: 0.5 (Succeeded)", "tune-1: Failed", "tune-2: Killed"]
    assert "×: without a value" in caption(page)


def test_a_trial_that_was_stopped_early_is_hollow() -> None:
    """It has a value, but did not come to its end."""
    page = picture([trial(0, "0.5"), trial(1, state="EarlyStopped", metrics={"loss": metric("0.7")})])
    assert [each.get("fill") for each in page.iter("circle") if each.get("r") == "3"][1] == "none"
    assert "hollow: stopped early" in caption(page)


def test_without_values_there_is_no_picture() -> None:
    """Not even an empty one."""
    assert drawn([trial(0, "nan"), trial(1, state="Failed")], objective()) == ""


def test_many_points_are_thinned_and_the_best_is_among_them() -> None:
    """The words say how many of how many."""
    texts = ["1"] * 5000
    texts[1234] = "0.5"
    page = values(*texts)
    assert "of 5,000 points drawn" in caption(page)
    assert any((each.text or "").startswith("tune-1234: 0.5") for each in page.iter("title"))


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=30))
def test_any_finite_values_can_be_drawn(numbers: list[float]) -> None:
    """Huge ones, tiny ones, all the same: every coordinate is a number inside the picture."""
    text = drawn([trial(place, repr(number)) for place, number in enumerate(numbers)], objective())
    found = [float(each) for each in re.findall(r'(?:c?[xy]|H|V|M)="?(-?[\d.]+)', text)]
    assert "nan" not in text.replace("tune", "")
    assert all(math.isfinite(each) and 0 <= each <= 760 for each in found)


@given(st.floats(-1e300, 1e300), st.floats(-1e300, 1e300))
def test_the_numbers_at_the_lines_are_few_and_different(one: float, other: float) -> None:
    """They can be told apart, and rise."""
    page = values(repr(one), repr(other))
    ticks = [float(each.text or "") for each in page.iter("text") if each.get("text-anchor") == "end"]
    assert 1 <= len(ticks) <= 7
    assert all(low < high for low, high in pairwise(ticks))
