# SPDX-License-Identifier: Apache-2.0
"""What the page's script holds: every text as text, every long list once, plotly.js only with a plot."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from kfp_katib.experiment import FeasibleSpace, Parameter
from kfp_katib.report.figures import Figure, figures, script
from kfp_katib.results import Result
from tests.builders.experiment import experiment, objective
from tests.builders.result import START, metric, result, trial
from tests.report.figures.drawn import drawn

ATTACK = '<a href="https://evil.example">win</a><br><b>&lt;i></b>\u2028</script><!--'


def hostile() -> Result:
    """Thirty trials in which every text that a trial or a manifest brings is an attack."""
    spaces = (
        Parameter(ATTACK, "categorical", FeasibleSpace(list=(ATTACK, "b"))),
        Parameter("x", "double", FeasibleSpace()),
    )
    of = experiment(objective=objective(metric=ATTACK), parameters=spaces)
    trials = [
        replace(
            trial(
                n, parameters={ATTACK: (ATTACK, "b")[n % 2], "x": str(n)}, metrics={ATTACK: metric(f"0.{n}")}
            ),
            name=f"t{n}{ATTACK}",
            curve=((1, 0.9), (2, 0.5)),
        )
        for n in range(30)
    ]
    failed = trial(31, state="Failed", reason=ATTACK, parameters={})
    return result([*trials, replace(failed, name=ATTACK, ended=START + timedelta(hours=1))], of)


FIGURES = figures(hostile())


@pytest.mark.parametrize("figure", FIGURES, ids=[figure.name for figure in FIGURES])
def test_no_name_and_no_value_is_markup_to_plotly(figure: Figure) -> None:
    """It would make links of `<a href>` in a value, a metric's, a parameter's or a trial's name."""
    plots = drawn(figure)
    for plot in plots:
        for trace in plot["data"]:
            trace.pop("hovertemplate", None)  # its tags are ours
    text = json.dumps(plots, ensure_ascii=False)
    assert not re.search(r"<(a|b|br|script)\b", text)
    assert html.escape("<a href", quote=False) in text
    assert "<a href" not in figure.html


def test_no_text_ends_the_script() -> None:
    """Nor opens a comment in it."""
    ours = script(FIGURES).partition("\n{const texts=")[2]
    assert "evil.example" in ours
    assert not re.search("</|<!--|\u2028", ours)


def test_a_text_is_written_once() -> None:
    """The trials' names, which are in every figure."""
    trials = [trial(n, f"0.{n}") for n in range(100)]
    assert script(figures(result(trials))).count('"tune-77"') == 1


def test_without_a_plot_there_is_no_script() -> None:
    """5 MB of plotly.js would draw nothing."""
    assert script([]) == script([Figure("left-out", "Not drawn", "Learning curves.")]) == ""


def test_a_figure_without_a_plot_has_only_a_sentence() -> None:
    """Its element is not an empty box."""
    assert Figure("left-out", "Not drawn", "Learning curves.").html == ""
