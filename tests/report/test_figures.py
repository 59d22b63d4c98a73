# SPDX-License-Identifier: Apache-2.0
"""Axes can be read, and lines tell which trial they are."""

from __future__ import annotations

import re
from typing import Literal

import pytest

from kfp_katib.report.figures import labels, parallel_coordinates
from tests.results.made import experiment, objective, result, trial


@pytest.mark.parametrize(
    ("places", "whole", "expected"),
    [
        pytest.param([6.703, 6.707, 6.711, 6.715, 6.719], False, "6.703 6.707 6.711 6.715 6.719", id="close"),
        pytest.param([0.0, 0.25, 0.5, 0.75, 1.0], False, "0 0.25 0.5 0.75 1", id="apart"),
        pytest.param([0.1 + 0.2], False, "0.3", id="one"),
        pytest.param([16.0, 44.0, 72.0], True, "16 44 72", id="whole"),
        pytest.param([16.0, 16.75, 17.5], True, "16  ", id="between whole numbers"),
    ],
)
def test_labels_tell_places_apart(places: list[float], whole: bool, expected: str) -> None:
    """Three digits where they do, more where they do not; never a fraction of a whole number."""
    assert " ".join(labels(places, whole=whole)) == expected


def test_a_line_tells_its_trial_and_the_values_as_they_were_reported() -> None:
    """Two losses that differ in the fifth digit are not shown as one."""
    drawn = parallel_coordinates(result([trial(0, "6.70312"), trial(1, "6.70319"), trial(2, "nan")]))
    assert all(text in drawn for text in ('"6.70312"', '"6.70319"', "tune-0", "tune-1"))
    assert "tune-2" not in drawn


@pytest.mark.parametrize("type", ["minimize", "maximize"])
def test_the_best_line_is_the_darkest_and_none_is_white(type: Literal["minimize", "maximize"]) -> None:
    """The worst trial is drawn to be seen."""
    trials = [trial(n, value) for n, value in enumerate(["0.1", "0.2", "0.3"])]
    drawn = parallel_coordinates(result(trials, experiment(objective(type))))
    colours = re.findall(r'"line":{"color":"rgb\((\d+), (\d+), (\d+)\)', drawn)
    first, _, last = (sum(map(int, colour)) for colour in colours)
    assert (first < last) is (type == "minimize")
    assert max(first, last) < 3 * 220
