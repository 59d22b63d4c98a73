# SPDX-License-Identifier: Apache-2.0
"""Axes of parameters: wide enough for what was tried, with labels that tell places apart."""

from __future__ import annotations

import pytest

from kfp_katib.report.figures.parameter_axes import labels


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
