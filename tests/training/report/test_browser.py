# SPDX-License-Identifier: Apache-2.0
"""The page in a real browser: figures of real samples are drawn, without a word on the console."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.browser import NAMES, Tab, find, tab
from tests.training.report.made import CURVES, drawn
from training.geometry import Mesh, Point
from training.report.page import page

pytestmark = pytest.mark.skipif(find() is None, reason=f"no browser: none of {', '.join(NAMES)} is installed")
POINTS = [Point("SciPb", 50.0, 4.0), Point("SciPb", 90.0, 64.0), Point("SiW", 90.0, 64.0)]
FIGURES = 12 + 3 + 1
SHOWN = "document.getElementById('shown').textContent"
COLOURS = "[getComputedStyle(document.body).backgroundColor, look().ink]"
TITLES = "[...document.querySelectorAll('.plot')].map((plot) => plot.getAttribute('aria-label'))"
TABS, DOWN = 9, 40


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    """One browser for all of these tests."""
    with tab(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of three points with 60 showers each."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(page(drawn(POINTS, Mesh(6, 4, 5), showers=60), curves=CURVES), encoding="utf-8")
    return path


@pytest.mark.parametrize("width", [390, 1400], ids=["narrow", "wide"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_figure_is_drawn_and_fits(browser: Tab, report: Path, *, dark: bool, width: int) -> None:
    """On a phone and on a desk, in both colours: nothing is wider than the window, nothing complains."""
    browser.complaints.clear()
    browser.look(dark=dark, width=width)
    browser.open(report)
    assert browser.value("document.querySelectorAll('figure .main-svg .cartesianlayer').length") == FIGURES
    assert browser.value("document.documentElement.scrollWidth <= innerWidth")
    paper, ink = browser.value(COLOURS)
    assert paper == ("rgb(18, 23, 30)" if dark else "rgb(255, 255, 255)")
    assert browser.value("document.querySelector('.plot').layout.font.color") == ink
    assert browser.complaints == []


def test_each_curve_has_its_samples_and_a_ratio_below(browser: Tab, report: Path) -> None:
    """Three samples in the legend, and traces on the axis of ratios."""
    browser.open(report)
    traces = browser.value(
        "[...document.querySelectorAll('[data-figure^=curve] .plot')].map((plot) => ["
        "plot.data.filter((trace) => trace.name && trace.showlegend !== false).map((trace) => trace.name),"
        "plot.data.filter((trace) => trace.yaxis === 'y2').map((trace) => trace.legendgroup)])"
    )
    assert len(traces) == FIGURES - 4
    for names, ratios in traces:
        assert names == ["Full", "Full again", "Model"]
        assert {"floor", "generated"} <= set(ratios)


def test_the_point_is_chosen_by_keyboard(browser: Tab, report: Path) -> None:
    """Tab reaches the chooser, an arrow changes it; a combination that does not exist gives the nearest."""
    browser.open(report)
    assert browser.value(SHOWN) == "SciPb, 4 GeV, 50°: 60 showers"
    for _ in range(20):
        browser.press("Tab", TABS)
        if browser.value("document.activeElement.name") == "Geometry":
            break
    browser.press("ArrowDown", DOWN)
    assert browser.value(SHOWN) == "SiW, 64 GeV, 90°: 60 showers"
    assert browser.value("selects.map((select) => select.value)") == ["SiW", "64 GeV", "90°"]
    assert all("SiW, 64 GeV, 90°" in title for title in browser.value(TITLES))
    rows = browser.value("document.querySelectorAll('#differences tbody tr').length")
    assert rows == browser.value("shown.rows.length") > 20


def test_the_worst_point_is_one_step_away(browser: Tab, report: Path) -> None:
    """Where the distance is largest is what one looks at next."""
    browser.open(report)
    browser.value("document.getElementById('worst').click()")
    assert browser.value(SHOWN).startswith(browser.value("document.getElementById('worst').textContent"))


def test_a_figure_is_saved_with_its_title_and_legend(browser: Tab, report: Path) -> None:
    """As a slide needs it: the point in the title, every sample named."""
    browser.look()
    browser.open(report)
    browser.value(
        "Plotly.downloadImage = (figure, size) => Plotly.toImage(figure, size)"
        ".then((address) => { window.saved = [size.filename, decodeURIComponent(address)]; })"
    )
    browser.value("document.querySelector('figcaption button').click()")
    browser.wait("window.saved !== undefined")
    name, svg = browser.value("window.saved")
    assert name == "Longitudinal-profile-SciPb-4-GeV-50-"
    for text in ("Longitudinal profile, SciPb, 4 GeV, 50°", "Full again", "Model", "depth (mm)"):
        assert text in svg


def test_figures_follow_the_colours_of_the_system(browser: Tab, report: Path) -> None:
    """At dusk, while the page is open."""
    browser.look()
    browser.open(report)
    browser.look(dark=True)
    browser.wait("document.querySelector('.plot').layout.font.color === '#e7ecf2'")


def test_paper_is_light_and_figures_have_its_size(browser: Tab, report: Path, tmp_path: Path) -> None:
    """Whatever the screen; afterwards the screen is as before."""
    browser.look(dark=True)
    browser.open(report)
    browser.value("window.addEventListener('beforeprint', () => { window.printedIn = look().ink })")
    browser.value(
        "window.addEventListener('beforeprint', () => {"
        "window.widths = [...document.querySelectorAll('.plot')].map("
        "(plot) => [plot.layout.width, plot.clientWidth])})"
    )
    browser.pdf(tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").stat().st_size > 50_000
    assert browser.value("window.printedIn") == "#17202c"
    widths = browser.value("window.widths")
    assert len(widths) == FIGURES
    assert all(width == frame < 700 for width, frame in widths)
    assert browser.value("document.querySelector('.plot').layout.font.color") == "#e7ecf2"
    assert browser.complaints == []
