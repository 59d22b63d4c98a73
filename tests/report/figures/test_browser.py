# SPDX-License-Identifier: Apache-2.0
"""The figures in a real browser: all are drawn, in both colours, also in a frame without an origin."""

from __future__ import annotations

import html as markup
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kfp_katib import report
from kfp_katib.results import Result
from tests.builders.experiment import double, one_of
from tests.builders.result import result, trial
from tests.builders.searched import searched
from tests.report.figures.test_drawing import hostile
from tests.support.browser import NAMES, Tab, find, tab

pytestmark = pytest.mark.skipif(find() is None, reason=f"no browser: none of {', '.join(NAMES)} is installed")

DRAWN = "document.documentElement.dataset.figures === 'drawn'"
PLACES = "document.querySelectorAll('.plot').length"
PLOTS = "document.querySelectorAll('.plot .main-svg .cartesianlayer').length"
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
    "three": lambda: searched(3),
    "120": lambda: searched(120),
    "20 parameters": lambda: searched(120, parameters=WIDE),
    "all failed": failed,
    "not a number": lambda: result([trial(n, value) for n, value in enumerate(("0.5", "nan", "inf", "0.4"))]),
    "hostile": hostile,
}


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    """One browser for all of these tests."""
    with tab(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.mark.parametrize("name", RESULTS)
def test_every_figure_is_drawn_and_fits(browser: Tab, tmp_path: Path, name: str) -> None:
    """On a desk in the light, on a phone in the dark; nothing is wider than the window, nothing complains."""
    page = tmp_path / "report.html"
    page.write_text(report.html(RESULTS[name]()), encoding="utf-8")
    for dark, width in ((False, 1300), (True, 390)):
        browser.complaints.clear()
        browser.look(dark=dark, width=width)
        browser.open(page)
        browser.wait(DRAWN)
        assert browser.value(PLOTS) == browser.value(PLACES) > 0
        assert browser.value("document.documentElement.scrollWidth <= innerWidth")
        ink = browser.value("document.querySelector('.plot').layout.font.color")
        assert ink == ("#e7ecf2" if dark else "#17202c")
        assert browser.complaints == []


def test_no_text_becomes_a_link_or_an_image(browser: Tab, tmp_path: Path) -> None:
    """Hover over what came from a hostile trial; plotly.js draws its texts as they are."""
    page = tmp_path / "report.html"
    page.write_text(report.html(hostile()), encoding="utf-8")
    browser.look()
    browser.open(page)
    browser.wait(DRAWN)
    browser.value("Plotly.Fx.hover('history-plot', [{curveNumber: 0, pointNumber: 1}])")
    browser.wait("document.querySelector('#history-plot .hoverlayer text') !== null")
    hovered = browser.value("document.querySelector('#history-plot .hoverlayer').textContent")
    assert '<a href="https://evil.example">' in hovered
    assert browser.value("document.querySelectorAll('.plot a, .plot image').length") == 0


def test_figures_follow_the_colours_of_the_system(browser: Tab, tmp_path: Path) -> None:
    """At dusk, while the page is open."""
    page = tmp_path / "report.html"
    page.write_text(report.html(searched(12)), encoding="utf-8")
    browser.look()
    browser.open(page)
    browser.wait(DRAWN)
    browser.look(dark=True)
    browser.wait("document.querySelector('#history-plot').layout.font.color === '#e7ecf2'")
    browser.wait("document.querySelector('#timeline-plot').data[0].marker.color === '#56b4e9'")


def test_a_frame_without_an_origin_shows_them(browser: Tab, tmp_path: Path) -> None:
    """As Kubeflow Pipelines embeds a page; a frame cannot be looked into, so its picture is compared."""
    frame, blank = tmp_path / "frame.html", tmp_path / "blank.html"
    for page, content in ((frame, report.html(searched(12))), (blank, "")):
        inner = f'sandbox="allow-scripts" srcdoc="{markup.escape(content)}"'
        page.write_text(f'<body style="margin:0"><iframe {inner} width="1300" height="3000"></iframe>')
    sizes = []
    for page in (blank, frame):
        browser.look(width=1300, height=3000)
        browser.complaints.clear()
        browser.open(page)
        browser.wait("document.querySelector('iframe') !== null")
        browser.value("new Promise((resolve) => setTimeout(resolve, 6000))")
        browser.screenshot(page.with_suffix(".png"))
        sizes.append(page.with_suffix(".png").stat().st_size)
        assert browser.complaints == []
    assert sizes[1] > sizes[0] + 100_000
