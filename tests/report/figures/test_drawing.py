# SPDX-License-Identifier: Apache-2.0
"""What the page's script holds: every text as text, every long list once, plotly.js only with a plot."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from kfp_katib.experiment import FeasibleSpace, Parameter
from kfp_katib.report.figures import Figure, figures, script
from kfp_katib.report.figures.figure import BLUE, DARK, GREEN, GREY, INK, PAPER, PURPLE, RED
from kfp_katib.results import Result
from tests.builders.experiment import experiment, objective
from tests.builders.result import START, metric, result, trial
from tests.report.figures.drawn import drawn, unpacked

ATTACK = '<a href="https://evil.example">win</a><br><b>&lt;i></b>\u2028</script><!--'


def hostile() -> Result:
    """Thirty trials in which every text that a trial or a manifest brings is an attack."""
    spaces = (
        Parameter(ATTACK, "categorical", FeasibleSpace(list=(ATTACK, "b"))),
        Parameter("x", "double", FeasibleSpace()),
    )
    other = f"second {ATTACK}"
    of = experiment(objective=objective(metric=ATTACK, compared={other: "max"}), parameters=spaces)
    trials = [
        replace(
            trial(
                n,
                parameters={ATTACK: (ATTACK, "b")[n % 2], "x": str(n)},
                metrics={ATTACK: metric(f"0.{n}"), other: metric(str(n % 7))},
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


def test_a_text_is_written_once() -> None:
    """The trials' names, which are in every figure."""
    trials = [trial(n, f"0.{n}") for n in range(100)]
    assert json.dumps(unpacked(figures(result(trials)))).count('"tune-77"') == 1


def test_every_colour_has_one_for_the_dark() -> None:
    """The page's script changes them where the system is dark; black on black would be left out unnoticed."""
    used = set(re.findall(r'"(#[0-9a-f]{6}|rgba\([^"]*\))"', json.dumps([drawn(each) for each in FIGURES])))
    assert used - {"rgba(0,0,0,0)"} <= set(DARK)
    assert len(used) > 8


@pytest.mark.parametrize("colours", [DARK.keys(), DARK.values()], ids=["light", "dark"])
def test_what_is_drawn_differs_from_its_paper(colours: Iterable[str]) -> None:
    """By a contrast of 3, which WCAG asks of graphics (1.4.11); the grid and the worst trials stay behind."""
    named = dict(zip(DARK, colours, strict=True))
    paper = named[PAPER]
    assert all(contrast(named[each], paper) >= 2.9 for each in (BLUE, GREEN, RED, GREY, PURPLE))
    assert contrast(named[INK], paper) > 10


def contrast(one: str, other: str) -> float:
    """The ratio of two colours' luminances, as WCAG 2 defines it."""
    bright, faint = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (faint + 0.05)


def luminance(colour: str) -> float:
    """How bright a colour is, from 0 to 1."""
    parts = (part / 255 for part in bytes.fromhex(colour.removeprefix("#")))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_without_a_plot_there_is_no_script() -> None:
    """5 MB of plotly.js would draw nothing."""
    assert script([]) == script([Figure("left-out", "Not drawn", "Learning curves.")]) == ""


def test_a_figure_without_a_plot_has_only_a_sentence() -> None:
    """Its element is not an empty box."""
    assert Figure("left-out", "Not drawn", "Learning curves.").html == ""
