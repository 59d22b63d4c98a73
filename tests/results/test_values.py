# SPDX-License-Identifier: Apache-2.0
"""What Katib's texts stand for: numbers as Go reads them, metrics by strategy, assignments by space."""

from __future__ import annotations

import math

import pytest

from kfp_katib.experiment.model import FeasibleSpace, Parameter, ParameterType, Strategy
from kfp_katib.experiment.parts import Direction
from kfp_katib.results import UNAVAILABLE, Metric, assignments, go_float, minimized, objective_text
from tests.builders.experiment import objective
from tests.builders.result import trial


@pytest.mark.parametrize(
    ("strategy", "reported", "expected"),
    [
        pytest.param("min", Metric("0.1", "0.9", "0.5"), "0.1", id="min"),
        pytest.param("max", Metric("0.1", "0.9", "0.5"), "0.9", id="max"),
        pytest.param("latest", Metric("0.1", "0.9", "0.5"), "0.5", id="latest"),
        pytest.param("min", Metric(latest="0.5"), "0.5", id="min falls back to latest"),
        pytest.param("max", Metric(latest="0.5"), "0.5", id="max falls back to latest"),
        pytest.param(
            "latest", Metric("0.1", "0.9", UNAVAILABLE), UNAVAILABLE, id="latest does not fall back"
        ),
    ],
)
def test_strategy_picks_the_text(strategy: Strategy, reported: Metric, expected: str) -> None:
    """The metric strategy says which aggregate the search compares."""
    one = trial(0, metrics={"loss": reported})
    assert objective_text(one, objective(strategy=strategy)) == expected


def test_a_metric_that_was_never_reported_is_unavailable() -> None:
    """A trial that printed other metrics only has no objective."""
    assert objective_text(trial(0, metrics={"accuracy": Metric("1", "1", "1")}), objective()) == UNAVAILABLE


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1.0), ("+1.5e3", 1500.0), (".5", 0.5), ("5.", 5.0), ("1_0", 10.0), ("-Infinity", -math.inf)],
)
def test_go_float_takes_what_go_takes(text: str, value: float) -> None:
    """Values checked with Go's strconv.ParseFloat."""
    assert go_float(text) == value


@pytest.mark.parametrize("text", ["", " 1", "1 ", "\n", "٣", "1e400", "-1e400", "+nan", "-NaN", "1__0", "1d"])
def test_go_float_refuses_what_go_refuses(text: str) -> None:
    """Each of these makes Go's strconv.ParseFloat return an error, though Python takes some."""
    with pytest.raises(ValueError, match=r"number|could not convert"):
        go_float(text)


def test_go_float_takes_nan() -> None:
    """Go reads an unsigned NaN in any case, which is how one becomes Katib's best trial."""
    assert math.isnan(go_float("NaN"))


@pytest.mark.parametrize(("type", "better", "worse"), [("minimize", 0.1, 0.2), ("maximize", 0.2, 0.1)])
def test_the_better_value_is_the_smaller_one(type: Direction, better: float, worse: float) -> None:
    """Whichever way the objective goes; asked twice, it is the value itself."""
    assert minimized(better, objective(type)) < minimized(worse, objective(type))
    assert minimized(minimized(better, objective(type)), objective(type)) == better


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
        pytest.param("discrete", "auto", "auto", id="discrete that is not a number"),
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
