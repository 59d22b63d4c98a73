# SPDX-License-Identifier: Apache-2.0
"""A value that somebody gives is tried or told exactly if it is in the feasible space."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kfp_katib.engines.local.search.given import in_words, katib_text, value_of
from kfp_katib.engines.local.search.space import dimension
from kfp_katib.experiment.model import FeasibleSpace, Parameter
from tests.builders.experiment import double, integer, one_of
from tests.engines.local.search.test_space import numeric_parameters

LR = double("lr", "0.001", "0.1")
STEPPED = double("lr", "0.1", "0.9", "0.2")
BATCH = integer("batch", "16", "256", "16")
EVEN = integer("n", "1", "64", distribution="logUniform")
BELL = double("w", "-1", "1", "0.25", distribution="normal")
OPTIMIZER = one_of("optimizer", "adam", "sgd")


@pytest.mark.parametrize(
    ("parameter", "text", "katibs"),
    [
        (LR, "0.01", "0.01"),
        (LR, "1e-2", "0.01"),
        (LR, "0.001", "0.001"),
        (LR, "0.10", "0.1"),
        (STEPPED, "0.3", "0.3"),
        (STEPPED, "0.30000000000000004", "0.3"),
        (BATCH, "32", "32"),
        (BATCH, "32.0", "32"),
        (EVEN, "3", "3"),
        (BELL, "-0.75", "-0.75"),
        (OPTIMIZER, "adam", "adam"),
        (one_of("depth", "1", "2"), "2", "2"),
        (double("x", "0.5", "0.5"), "0.50", "0.5"),
    ],
)
def test_a_number_may_be_written_in_any_way(parameter: Parameter, text: str, katibs: str) -> None:
    """It is stored as Katib writes it."""
    dim = dimension(parameter)
    assert value_of(dim, text) is not None
    assert katib_text(dim, text) == katibs


@pytest.mark.parametrize(
    ("parameter", "text"),
    [
        (LR, "0.2"),
        (LR, "0.0009"),
        (LR, "nan"),
        (LR, "inf"),
        (LR, ""),
        (LR, "fast"),
        (LR, "0.1000000000000000000001"),
        (STEPPED, "0.4"),
        (STEPPED, "0.95"),
        (BATCH, "17"),
        (BATCH, "32.5"),
        (BATCH, "1e999"),
        (BATCH, "272"),
        (double("lr", "0", "1", "0.4"), "1"),
        (OPTIMIZER, "Adam"),
        (OPTIMIZER, " adam"),
        (one_of("depth", "1", "2"), "2.0"),
        (double("x", "0.5", "0.5"), "0.6"),
    ],
)
def test_a_value_elsewhere_is_outside(parameter: Parameter, text: str) -> None:
    """Beyond the ends, between two values of a step, no number, or another spelling in a list."""
    assert value_of(dimension(parameter), text) is None


@given(numeric_parameters(), st.floats(0, 1, exclude_max=True))
def test_whatever_a_search_suggests_can_be_given_again(parameter: Parameter, at: float) -> None:
    """The text of a suggestion is in the space, and stays the same text."""
    dim = dimension(parameter)
    text = dim.text(dim.at(at))
    assert value_of(dim, text) is not None
    assert katib_text(dim, text) == text


@given(numeric_parameters(), st.decimals(allow_nan=False, allow_infinity=False, places=6))
def test_nothing_outside_the_bounds_fits(parameter: Parameter, number: Decimal) -> None:
    """Whatever the distribution and the step are."""
    assume(not Decimal(parameter.space.min) <= number <= Decimal(parameter.space.max))
    assert value_of(dimension(parameter), str(number)) is None


@pytest.mark.parametrize(
    ("space", "words"),
    [
        (FeasibleSpace("1", "9"), "min 1, max 9"),
        (FeasibleSpace("1", "9", "2"), "min 1, max 9, step 2"),
        (FeasibleSpace(list=("a", "b")), "one of a, b"),
    ],
)
def test_a_message_can_say_the_space(space: FeasibleSpace, words: str) -> None:
    """In the manifest's words."""
    assert in_words(space) == words
