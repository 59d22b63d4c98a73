# SPDX-License-Identifier: Apache-2.0
"""Axes can be read, and lines tell which trial they are."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import pytest

from kfp_katib.experiment import FeasibleSpace, Parameter
from kfp_katib.report.figures import history, labels, parallel_coordinates
from kfp_katib.results import Result
from tests.builders.experiment import experiment, objective
from tests.builders.result import metric, result, trial


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
    drawn = parallel_coordinates(result(trials, experiment(objective=objective(type))))
    colours = re.findall(r'"line":{"color":"rgb\((\d+), (\d+), (\d+)\)', drawn)
    first, _, last = (sum(map(int, colour)) for colour in colours)
    assert (first < last) is (type == "minimize")
    assert max(first, last) < 3 * 220


ATTACK = '<a href="https://evil.example">win</a><br><b>&lt;i></b>'


def plotted(drawn: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """A figure's data and layout, as plotly.js gets them."""
    text = drawn.split("Plotly.newPlot(")[1]
    data, end = json.JSONDecoder().raw_decode(text, text.index("["))
    layout, _ = json.JSONDecoder().raw_decode(text, text.index("{", end))
    return data, layout


@pytest.mark.parametrize("draw", [history, parallel_coordinates])
def test_no_name_and_no_value_is_markup_to_plotly(draw: Callable[[Result], str]) -> None:
    """It would make links of `<a href>` in a value, a metric's, a parameter's or a trial's name."""
    space = Parameter(ATTACK, "categorical", FeasibleSpace(list=(ATTACK, "b")))
    of = experiment(objective=objective(metric=ATTACK), parameters=(space,))
    trials = [
        replace(trial(n, parameters={ATTACK: text}, metrics={ATTACK: metric(value)}), name=f"t{n}{ATTACK}")
        for n, (text, value) in enumerate(((ATTACK, "0.1"), ("b", "0.2")))
    ]
    data, layout = plotted(draw(result(trials, of)))
    for trace in data:
        trace.pop("hovertemplate", None)  # its tags are ours
    text = json.dumps([data, layout])
    assert html.escape(ATTACK, quote=False) in text.replace('\\"', '"')
    assert not re.search(r"<(a|b|br)\b", text)


def test_categories_are_told_as_the_trials_got_them_and_in_order() -> None:
    """`1.10` is not `1.1`; numbers are sorted as numbers, and each line stays with its trial."""
    space = Parameter("p", "discrete", FeasibleSpace(list=("128", "1.10", "007")))
    trials = [trial(n, f"0.{3 - n}", parameters={"p": text}) for n, text in enumerate(space.space.list)]
    data, layout = plotted(parallel_coordinates(result(trials, experiment(parameters=(space,)))))
    marks = {mark["text"]: mark["y"] for mark in layout["annotations"] if mark["x"] == 1}
    lines = {line["text"][0]: line["y"] for line in data if line["mode"] == "lines"}
    assert sorted(marks, key=lambda text: float(marks[text])) == ["1.10", "007", "128"]
    assert {name: y[1] for name, y in lines.items()} == {
        "tune-0": marks["128"],
        "tune-1": marks["1.10"],
        "tune-2": marks["007"],
    }
    assert lines["tune-0"][0] == 1.0
