# SPDX-License-Identifier: Apache-2.0
"""The page in a real browser, alone and in the frame of Kubeflow Pipelines: what one sees of it."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.builders.result import result, trial
from tests.builders.search import PRINT, search
from tests.report.opening import OVERFLOW, ROWS, SAID, SHOWN, mixed, needs_browser, shown
from tests.support.browser import Tab

pytestmark = needs_browser

CASES = {
    "no trial": result([], state="Failed"),
    "one trial": result([trial(0, "0.12345678901234567")]),
    "three trials": result([trial(n, f"0.{n + 1}") for n in range(3)]),
    "twelve, some failed": result(mixed(12), notes=["a note"]),
    "all failed": result([trial(n, state="Failed", log_tail="x" * 900) for n in range(6)], state="Failed"),
    "NaN among them": result([trial(n, "nan" if n % 2 else f"0.{n + 1}") for n in range(8)]),
    "120 trials": result(mixed(120)),
    "1,000 trials": result(mixed(1000)),
}


@pytest.mark.parametrize(("width", "dark"), [(390, True), (1400, False)], ids=["phone, dark", "desk, light"])
@pytest.mark.parametrize("case", CASES)
def test_every_page_fits_and_complains_of_nothing(
    browser: Tab, tmp_path: Path, case: str, *, width: int, dark: bool
) -> None:
    """Nothing is wider than the window but what scrolls by itself; the console stays empty."""
    browser.look(dark=dark, width=width)
    shown(browser, CASES[case], tmp_path)
    assert browser.value(OVERFLOW) <= 0
    paper = browser.value("getComputedStyle(document.body).backgroundColor")
    assert paper == ("rgb(18, 23, 30)" if dark else "rgb(255, 255, 255)")
    assert browser.complaints == []


@pytest.mark.parametrize("case", ["no trial", "twelve, some failed", "1,000 trials"])
def test_the_frame_of_kubeflow_pipelines_shows_it(browser: Tab, tmp_path: Path, case: str) -> None:
    """With its table, without a complaint: the frame has no origin, no storage, no clipboard to ask for."""
    browser.look()
    shown(browser, CASES[case], tmp_path, framed=True)
    assert browser.value(f"{ROWS}.length", framed=True) == min(len(CASES[case].trials), 50)
    assert browser.complaints == []


def test_the_frame_copies_what_it_may_not_save(browser: Tab, tmp_path: Path) -> None:
    """And says so."""
    browser.look()
    shown(browser, CASES["twelve, some failed"], tmp_path, framed=True)
    told = "document.querySelector('form').innerText"
    assert "CSV and JSON are copied to the clipboard" in browser.value(told, framed=True)
    assert "Copy CSV" in browser.value(told, framed=True)
    browser.click("form button[name=csv]", framed=True)
    browser.wait("document.querySelector('form button[name=csv]').textContent === 'Copied'", framed=True)
    assert browser.complaints == []


def test_a_phone_shows_the_answer_at_once(browser: Tab, tmp_path: Path) -> None:
    """Without scrolling: the verdict, the value, its parameters and how to run it again."""
    browser.look(width=390, height=700)
    one = replace(trial(0, "0.5", parameters={"lr": "0.25"}), name="tune-0")
    shown(browser, result([one], search(PRINT)), tmp_path)
    for part in (".verdict", ".value strong", ".chosen", "figure.block .copy"):
        bottom = browser.value(f"document.querySelector('{part}').getBoundingClientRect().bottom")
        assert 0 < bottom < 700, part


def test_a_phones_first_columns_are_name_and_value(browser: Tab, tmp_path: Path) -> None:
    """What is beyond them scrolls."""
    browser.look(width=390)
    shown(browser, CASES["twelve, some failed"], tmp_path)
    right = f"{ROWS}[0].cells[2].getBoundingClientRect().right"
    assert browser.value(f"{right} <= innerWidth")


@pytest.mark.parametrize(("count", "seconds"), [(1000, 40), (10_000, 80)])
def test_many_trials_open(browser: Tab, tmp_path: Path, count: int, seconds: float) -> None:
    """A part at a time, said so; a filter looks at all of them."""
    found = result([trial(n, f"0.{n + 1}") for n in range(count)])
    browser.look()
    begun = time.monotonic()
    shown(browser, found, tmp_path)
    assert time.monotonic() - begun < seconds  # a tenth of it where nothing else runs on the machine
    assert browser.value(SAID) == f"{count:,} trials, the first 50 shown"
    browser.click("#more")
    assert browser.value(f"{ROWS}.length") == 100
    browser.value("document.querySelector('input').value = 'tune-999'")
    browser.value("document.querySelector('form').dispatchEvent(new Event('input'))")
    assert browser.value(SHOWN)[0].startswith("tune-999")


@pytest.mark.parametrize("framed", [False, True], ids=["alone", "framed"])
def test_each_section_is_one_click_away(browser: Tab, tmp_path: Path, *, framed: bool) -> None:
    """Its heading comes into view, and is where the keyboard goes on; the page stays what it is."""
    browser.look()
    shown(browser, CASES["twelve, some failed"], tmp_path, framed=framed)
    heads = "[...document.querySelectorAll('h2')].map((each) => each.textContent)"
    jumps = "[...document.querySelectorAll('nav button')].map((each) => each.textContent)"
    assert browser.value(jumps, framed=framed) == browser.value(heads, framed=framed)
    browser.click("nav button:last-child", framed=framed)
    top = "document.querySelector('#notes').getBoundingClientRect().top"
    browser.wait(f"{top} >= 0 && {top} < innerHeight", framed=framed)
    assert browser.value("document.activeElement.id", framed=framed) == "notes"
    assert browser.complaints == []


def test_a_long_word_keeps_to_its_place(browser: Tab, tmp_path: Path) -> None:
    """A phone scrolls the table only; the details have the whole of it."""
    browser.look(width=390)
    names = [f"parameter_{number}" * 5 for number in range(30)]
    long = trial(0, "0.5", parameters=dict.fromkeys(names, "x" * 500), message="m" * 500, log_tail="l" * 900)
    shown(browser, result([replace(long, name="n" * 300)], notes=["o" * 500]), tmp_path)
    browser.click("[aria-label^='Details of']")
    assert browser.value(OVERFLOW) <= 0
    assert "x" * 500 in browser.value("document.querySelector('.details').innerText")


def test_paper_is_light_and_figures_fit_on_it(browser: Tab, tmp_path: Path) -> None:
    """Whatever the screen; afterwards the screen is as before."""
    browser.look(dark=True)
    shown(browser, CASES["twelve, some failed"], tmp_path)
    browser.value(
        "addEventListener('beforeprint', () => { window.widths ="
        "[...document.querySelectorAll('.js-plotly-plot')]"
        ".map((plot) => [plot.layout.width, plot.clientWidth]) })"
    )
    browser.pdf(tmp_path / "page.pdf")
    widths = browser.value("window.widths")
    assert widths
    assert all(width == frame < 700 for width, frame in widths)
    assert browser.value("getComputedStyle(document.body).backgroundColor") == "rgb(18, 23, 30)"
    assert browser.complaints == []
