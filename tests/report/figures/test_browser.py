# SPDX-License-Identifier: Apache-2.0
"""The figures in a real browser: all are drawn, in both colours, alone and in a frame without an origin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kfp_katib.results import Result
from tests.builders.experiment import double, objective, one_of
from tests.builders.result import result, trial
from tests.builders.searched import searched
from tests.builders.several_objectives import traded
from tests.report.figures.test_drawing import hostile
from tests.report.opening import needs_browser, shown
from tests.support.browser import Tab, tab

pytestmark = needs_browser

PLACES = "document.querySelectorAll('.plot').length"
PLOTS = "document.querySelectorAll('.plot .main-svg .cartesianlayer').length"
INK = "getComputedStyle(document.querySelector('.plot .xtick text')).fill"
LOOK = "({ layout, _fullLayout }) => [layout.font.color, _fullLayout.width]"
LOOKS = f"[...document.querySelectorAll('.plot')].map({LOOK})"
WIDE = [
    one_of(f"choice_{n}", "alpha", "beta") if n % 4 == 0 else double(f"p{n}", "0.001", "1") for n in range(20)
]


def failed() -> Result:
    """A search in which every trial failed."""
    of = searched(9)
    trials = [replace(each, state="Failed", metrics={}) for each in of.trials]
    return result(trials, of.experiment, state="Failed")


RESULTS = {
    "one trial": lambda: searched(1),
    "120": lambda: searched(120),
    "20 parameters": lambda: searched(120, parameters=WIDE),
    "all failed": failed,
    "not a number": lambda: result([trial(n, value) for n, value in enumerate(("0.5", "nan", "inf", "0.4"))]),
    "two objectives": lambda: traded(60),
    "four objectives": lambda: traded(
        300, objective(compared={"seconds": "min", "accuracy": "max", "memory": "min"})
    ),
    "hostile": hostile,
}


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    """One browser for all of these tests."""
    with tab(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.mark.parametrize("name", RESULTS)
def test_every_figure_is_drawn_and_fits(browser: Tab, tmp_path: Path, name: str) -> None:
    """On a desk in the light, on a phone in the dark and in a frame; nothing complains."""
    for dark, width in ((False, 1300), (True, 390)):
        browser.look(dark=dark, width=width)
        shown(browser, RESULTS[name](), tmp_path, framed=dark)
        assert browser.value(PLOTS, framed=dark) == browser.value(PLACES, framed=dark) > 0
        assert browser.value("document.documentElement.scrollWidth <= innerWidth", framed=dark)
        assert browser.value(INK, framed=dark) == ("rgb(231, 236, 242)" if dark else "rgb(23, 32, 44)")
        assert browser.complaints == []


def test_no_text_becomes_a_link_or_an_image(browser: Tab, tmp_path: Path) -> None:
    """Hover over what came from a hostile trial; plotly.js draws its texts as they are."""
    browser.look()
    shown(browser, hostile(), tmp_path)
    browser.value("Plotly.Fx.hover('history-plot', [{curveNumber: 0, pointNumber: 1}])")
    browser.wait("document.querySelector('#history-plot .hoverlayer text') !== null")
    hovered = browser.value("document.querySelector('#history-plot .hoverlayer').textContent")
    assert '<a href="https://evil.example">' in hovered
    assert browser.value("document.querySelectorAll('.plot a, .plot image').length") == 0


def test_figures_follow_the_colours_of_the_system(browser: Tab, tmp_path: Path) -> None:
    """At dusk, while the page is open."""
    browser.look()
    shown(browser, searched(12), tmp_path)
    browser.look(dark=True)
    browser.wait("document.querySelector('#history-plot').layout.font.color === '#e7ecf2'")
    browser.wait("document.querySelector('#timeline-plot').data[0].marker.color === '#56b4e9'")


def test_paper_is_light_and_figures_have_its_size(browser: Tab, tmp_path: Path) -> None:
    """Whatever the screen; afterwards the screen is as before."""
    browser.look(dark=True, width=1300)
    shown(browser, searched(30), tmp_path)
    before = browser.value(LOOKS)
    browser.value(f"addEventListener('beforeprint', () => {{ window.onPaper = {LOOKS} }})")
    browser.pdf(tmp_path / "report.pdf")
    on_paper = browser.value("window.onPaper")
    assert len(on_paper) == browser.value(PLACES)
    assert all(ink == "#17202c" and width <= 700 for ink, width in on_paper)
    assert browser.value(LOOKS) == before
    assert browser.complaints == []
