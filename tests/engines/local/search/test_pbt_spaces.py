# SPDX-License-Identifier: Apache-2.0
"""The values of population based training, in any space that Katib takes."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kfp_katib.engines.local.search.pbt import perturbed, quantile
from kfp_katib.engines.local.search.space import Choices, dimension, dimensions
from kfp_katib.experiment.model import Parameter
from tests.builders.experiment import double, integer, one_of
from tests.engines.local.search.populations import pbt
from tests.engines.local.search.searching import run, search


@st.composite
def ranges(draw: st.DrawFn) -> Parameter:
    """A parameter of any kind, negative and empty ranges too."""
    if draw(st.booleans()):
        least, more = draw(st.integers(-1000, 1000)), draw(st.integers(0, 1000))
        return integer("x", str(least), str(least + more), draw(st.sampled_from(["", "1", "7"])))
    low, width = draw(st.floats(-1e6, 1e6)), draw(st.floats(0, 1e6))
    distribution = draw(st.sampled_from(("uniform", "normal")))
    return double("x", repr(low), repr(low + width), draw(st.sampled_from(["", "0.25"])), distribution)  # type: ignore[arg-type]


@settings(max_examples=60, deadline=None)
@given(
    st.one_of(ranges(), st.lists(st.text("ab", min_size=1), min_size=1).map(lambda each: one_of("x", *each)))
)
def test_values_stay_in_their_space(parameter: Parameter) -> None:
    """Generation after generation; an int is an int, and a list's value one of the list."""
    dim, chance = dimension(parameter), Random(1)
    text = dim.text(dim.at(chance.random()))
    for _ in range(40):
        text = perturbed(dim, text, chance)
        if isinstance(dim, Choices):
            assert text in dim.texts
        else:
            number = int(text) if dim.lattice.whole else float(text)
            assert float(dim.lattice.low) <= number <= float(dim.lattice.high)


@settings(max_examples=30, deadline=None)
@given(st.lists(ranges(), min_size=1, max_size=3), st.integers(5, 7), st.sampled_from(["0", "0.3", "1"]))
def test_any_space_can_be_searched(parameters: list[Parameter], population: int, share: str) -> None:
    """And every suggestion can be read back from its journal."""
    space = tuple(replace(each, name=f"x{place}") for place, each in enumerate(parameters))
    made = pbt(space, population=population, share=share)
    suggestions = search(made)
    for texts in run(suggestions, 25, lambda texts: float(texts["x0"])):
        for each, dim in zip(space, dimensions(made), strict=True):
            assert isinstance(dim, Choices) or float(each.space.min) <= float(texts[dim.name]) <= float(
                each.space.max
            )
    assert all(dim.has(t.params[dim.label]) for t in suggestions.journal.trials for dim in dimensions(made))


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=40), st.floats(0, 1))
def test_quantiles_are_numpys(values: list[float], share: float) -> None:
    """To the last digit, as a trial at a bound belongs to one side of it."""
    assert quantile(values, share) == np.quantile(values, share)


def test_a_quantile_of_values_too_far_apart_is_a_number() -> None:
    """Trainings that diverged to both sides; no trial would be at or above what is none."""
    assert quantile([-1.7e308, 1.7e308], 0.25) == pytest.approx(-0.85e308)
