# SPDX-License-Identifier: Apache-2.0
"""A line for each trial: axes can be read, and points tell which trial they are and its values in full."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from kfp_katib.experiment import FeasibleSpace, Parameter
from kfp_katib.report.figures.parallel_coordinates import parallel_coordinates
from kfp_katib.results import Result
from tests.builders.experiment import double, experiment, integer, objective, one_of
from tests.builders.result import result, trial
from tests.report.figures.drawn import drawn, traces


def lines(of: Result) -> list[dict[str, Any]]:
    """The traces that are lines, the best trial's last."""
    return [trace for trace in traces(parallel_coordinates(of)) if trace["mode"] == "lines"]


def test_a_point_tells_its_trial_and_the_value_as_it_was_reported() -> None:
    """Two losses that differ in the fifth digit are not shown as one; a trial without a value has no line."""
    figure = parallel_coordinates(result([trial(0, "6.70312"), trial(1, "6.70319"), trial(2, "nan")]))
    (loss,) = traces(figure, "loss")
    assert loss["customdata"] == ["6.70312", "6.70319"]
    assert loss["text"] == ["tune-0", "tune-1"]
    assert traces(figure, "activation")[0]["customdata"] == ["relu", "relu"]


@pytest.mark.parametrize("type", ["minimize", "maximize"])
def test_the_best_line_stands_out_and_none_is_white(type: Literal["minimize", "maximize"]) -> None:
    """The best is a colour of its own, on top; of the others the better is the darker one."""
    trials = [trial(n, value) for n, value in enumerate(["0.1", "0.2", "0.25", "0.3"])]
    found = lines(result(trials, experiment(objective=objective(type))))
    worse, better, best = found[0], found[-2], found[-1]
    assert best["y"][0] == (0.0 if type == "minimize" else 1.0)
    assert best["line"]["width"] > 1.5 * worse["line"]["width"]
    assert brightness(better) < brightness(worse) < 3 * 240


def brightness(line: dict[str, Any]) -> int:
    """The sum of its colour's parts."""
    return sum(bytes.fromhex(line["line"]["color"].removeprefix("#")))


def test_axes_stand_in_the_manifests_order() -> None:
    """Not by name: who wrote the manifest knows what belongs together."""
    space = (double("z", "0", "1"), integer("m", "1", "9"), one_of("a", "x", "y"))
    trials = [trial(n, f"0.{n}", parameters={"a": "x", "m": "2", "z": "0.5"}) for n in range(2)]
    figure = parallel_coordinates(result(trials, experiment(parameters=space)))
    assert figure is not None
    assert drawn(figure)[0]["layout"]["xaxis"]["ticktext"] == ["loss", "z", "m", "a"]


def test_a_logarithmic_parameter_has_a_logarithmic_axis() -> None:
    """The middle of 0.0001 and 0.1 is near 0.003."""
    space = (double("lr", "0.0001", "0.01", distribution="logUniform"),)
    trials = [trial(n, f"0.{n}", parameters={"lr": lr}) for n, lr in enumerate(["0.0001", "0.001"])]
    figure = parallel_coordinates(result(trials, experiment(parameters=space)))
    assert figure is not None
    assert traces(figure, "lr")[0]["y"] == [0.0, 0.5]
    assert "Logarithmic: lr." in figure.sentence


def test_categories_are_told_as_the_trials_got_them_and_in_order() -> None:
    """`1.10` is not `1.1`; numbers are sorted as numbers, and each line stays with its trial."""
    space = Parameter("p", "discrete", FeasibleSpace(list=("128", "1.10", "007")))
    trials = [trial(n, f"0.{3 - n}", parameters={"p": text}) for n, text in enumerate(space.space.list)]
    figure = parallel_coordinates(result(trials, experiment(parameters=(space,))))
    assert figure is not None
    (plot,) = drawn(figure)
    marks = {mark["text"]: mark["y"] for mark in plot["layout"]["annotations"] if mark["x"] == 1}
    assert sorted(marks, key=lambda text: marks[text]) == ["1.10", "007", "128"]
    (values,) = traces(figure, "p")
    assert values["y"] == [marks[text] for text in values["customdata"]] == [1.0, 0.0, 0.5]


def test_a_value_that_a_trial_does_not_have_is_a_gap() -> None:
    """Its line ends there, and goes on behind it."""
    space = (double("a", "0", "1"), double("b", "0", "1"))
    trials = [trial(0, "0.2", parameters={"b": "0"}), trial(1, "0.1", parameters={"a": "0.5", "b": "1"})]
    assert [line["y"] for line in lines(result(trials, experiment(parameters=space)))] == [
        [1.0, None, 0.0, None],
        [0.0, 0.5, 1.0, None],
    ]


def test_many_lines_are_thinned_and_so_it_is_said() -> None:
    """The best one is always among them."""
    trials = [trial(n, str(5000 - n) if n != 1234 else "0.5") for n in range(3000)]
    figure = parallel_coordinates(result(trials))
    assert figure is not None
    assert "400 of 3,000 trials are drawn" in figure.sentence
    assert "tune-1234" in traces(figure, "loss")[0]["text"]


@pytest.mark.parametrize("values", [[], ["0.1"], ["nan", "0.1"]], ids=str)
def test_there_is_no_figure_without_two_lines(values: list[str]) -> None:
    """One line compares nothing."""
    assert parallel_coordinates(result([trial(n, value) for n, value in enumerate(values)])) is None
