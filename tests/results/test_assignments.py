# SPDX-License-Identifier: Apache-2.0
"""Assignments get the types of their feasible spaces."""

from __future__ import annotations

import pytest

from kfp_katib.experiment.model import FeasibleSpace, Parameter, ParameterType
from kfp_katib.results import assignments
from tests.builders.result import trial


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        pytest.param("int", "3", 3, id="int"),
        pytest.param("int", "9007199254740993", 9007199254740993, id="int beyond a double"),
        pytest.param("double", "3.0", 3.0, id="double"),
        pytest.param("double", "1e-05", 1e-05, id="double with an exponent"),
        pytest.param("double", "3", 3.0, id="whole double"),
        pytest.param("discrete", "32", 32, id="whole discrete"),
        pytest.param("discrete", "0.5", 0.5, id="broken discrete"),
        pytest.param("discrete", "auto", "auto", id="discrete that is no number"),
        pytest.param("categorical", "7", "7", id="categorical"),
    ],
)
def test_an_assignment_has_the_type_of_its_space(
    kind: ParameterType, text: str, expected: int | float | str
) -> None:
    """Katib's text becomes a number where the manifest says number, and stays text where it says category."""
    value = assignments(trial(0, parameters={"p": text}), [Parameter("p", kind, FeasibleSpace())])["p"]
    assert (value, type(value)) == (expected, type(expected))


@pytest.mark.parametrize(("text", "expected"), [("-1", -1), ("0.5", 0.5), ("relu", "relu")])
def test_an_undeclared_parameter_is_read_as_it_looks(text: str, expected: int | float | str) -> None:
    """A trial can have parameters that the manifest does not declare."""
    value = assignments(trial(0, parameters={"p": text}), [])["p"]
    assert (value, type(value)) == (expected, type(expected))
