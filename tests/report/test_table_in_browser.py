# SPDX-License-Identifier: Apache-2.0
"""The table of trials in a real browser: filtered, sorted, opened, saved."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from kfp_katib.report import html
from kfp_katib.results import from_csv, to_json, trials_csv
from tests.builders.result import result, trial
from tests.builders.search import PRINT, search
from tests.report.opening import OVERFLOW, ROWS, SAID, SHOWN, mixed, needs_browser, shown
from tests.support.browser import Tab

pytestmark = needs_browser

ENTER = 13
TWELVE = result(mixed(12))


@pytest.mark.parametrize(
    ("text", "state", "found"),
    [
        ("tune-2", "", ["tune-2"]),
        ("kernel", "", ["tune-2", "tune-8"]),
        ("CUDA", "", ["tune-2", "tune-8"]),
        ("batch_size=19", "", ["tune-3"]),
        ("kernel tune-8", "", ["tune-8"]),
        ("", "Killed", ["tune-4", "tune-10"]),
        ("tune-4", "Killed", ["tune-4"]),
        ("nowhere", "", []),
    ],
)
def test_the_table_is_filtered(browser: Tab, tmp_path: Path, text: str, state: str, found: list[str]) -> None:
    """By every word in a name, a value, a message or a log, and by the state; how many remain is said."""
    shown(browser, TWELVE, tmp_path)
    enter = f"form.elements.text.value = {json.dumps(text)}; form.elements.state.value = {json.dumps(state)};"
    browser.value(
        f"{{ const form = document.querySelector('form'); {enter} form.dispatchEvent(new Event('input')) }}"
    )
    assert browser.value(SHOWN) == found
    assert browser.value(SAID) == f"{len(found)} of 12 trials"


def press(browser: Tab, column: str) -> None:
    """Sort by a column, by keyboard."""
    heads = "[...document.querySelectorAll('[aria-labelledby=trials] th button')]"
    browser.value(f"{heads}.find((each) => each.textContent === {json.dumps(column)}).focus()")
    browser.send(
        "Input.dispatchKeyEvent", type="keyDown", key="Enter", windowsVirtualKeyCode=ENTER, text="\r"
    )
    browser.send("Input.dispatchKeyEvent", type="keyUp", key="Enter", windowsVirtualKeyCode=ENTER)


def test_the_table_is_sorted_by_any_column(browser: Tab, tmp_path: Path) -> None:
    """The best first, at first; by all digits, not by what is shown; what has no value stays last."""
    close = ["0.12345671", "0.12345679", "nan", "0.12345675", "100"]
    trials = [trial(n, value, parameters={"lr": str(20 - n)}) for n, value in enumerate(close)]
    shown(browser, result(trials), tmp_path)
    assert browser.value(SHOWN) == ["tune-0", "tune-3", "tune-1", "tune-4", "tune-2"]
    press(browser, "loss")
    assert browser.value(SHOWN) == ["tune-4", "tune-1", "tune-3", "tune-0", "tune-2"]
    assert browser.value("document.querySelector('th[aria-sort]').ariaSort") == "descending"
    press(browser, "lr")
    assert browser.value(SHOWN) == ["tune-4", "tune-3", "tune-2", "tune-1", "tune-0"]
    press(browser, "#")
    assert browser.value(SHOWN) == ["tune-0", "tune-1", "tune-2", "tune-3", "tune-4"]


def test_details_open_below_their_row(browser: Tab, tmp_path: Path) -> None:
    """All values, the message, the command and the log; sorting takes them along, no column moves."""
    browser.look(width=390)
    trials = [
        trial(n, f"0.{n + 1}2345678", parameters={"lr": f"0.{n}"}, log_tail=f"log {n}") for n in range(3)
    ]
    shown(browser, result(trials, search(PRINT)), tmp_path)
    before = browser.value(f"{ROWS}[0].cells[2].offsetLeft")
    browser.click("[aria-label='Details of tune-1']")
    assert browser.value(f"{ROWS}.map((row) => row.className)") == ["winner", "", "details", ""]
    said = browser.value("document.querySelector('.details').innerText")
    for part in ("min 0.22345678, max 0.22345678, latest 0.22345678", "TrialSucceeded", "log 1", "0.1"):
        assert part in said
    assert browser.value("document.querySelector('.details pre').textContent").startswith("sh -c ")
    assert browser.value(f"{ROWS}[0].cells[2].offsetLeft") == before
    assert browser.value(OVERFLOW) <= 0
    assert browser.value("document.querySelector('.details div').getBoundingClientRect().right <= innerWidth")
    press(browser, "loss")
    assert browser.value(f"{ROWS}.map((row) => row.className)") == ["", "", "details", "winner"]
    browser.click("[aria-label='Details of tune-1']")
    assert browser.value(f"{ROWS}.length") == 3


def saved(browser: Tab, name: str) -> tuple[str, str]:
    """The name and the text of a file that the page offers."""
    browser.value(
        "URL.createObjectURL = (blob) => { window.blob = blob; return '#' };"
        "HTMLAnchorElement.prototype.click = function () { window.file = this.download }"
    )
    browser.click(f"form button[name={name}]")
    return browser.value("window.file"), browser.value("window.blob.text()")


def test_the_table_is_saved_as_csv(browser: Tab, tmp_path: Path) -> None:
    """With all digits, as another search reads it; commas, quotes and line ends stay in cells."""
    strange = trial(0, "0.12345678901234567", parameters={"lr": '1,"2"\r\n3'}, message="a\nb")
    found = result([strange, *mixed(150)])
    browser.look()
    shown(browser, found, tmp_path)
    name, text = saved(browser, "csv")
    assert name == "tune.csv"
    assert text.splitlines()[0] == trials_csv(found).splitlines()[0]
    assert from_csv(text, "page") == from_csv(trials_csv(found), "page")


def test_the_result_is_saved_as_json(browser: Tab, tmp_path: Path) -> None:
    """As the command line prints it, but for the curves, which are drawn."""
    found = result(mixed(120))
    browser.look()
    shown(browser, found, tmp_path)
    name, text = saved(browser, "json")
    expected = json.loads(to_json(found))
    for each in expected["trials"]:
        del each["curve"]
    assert (name, json.loads(text)) == ("tune.json", expected)


def test_what_is_copied_is_the_text(browser: Tab, tmp_path: Path) -> None:
    """The whole command in one line, though it is shown in several."""
    one = replace(trial(0, "0.5", parameters={"lr": "0.25"}), name="tune-0")
    shown(browser, result([one], search(PRINT)), tmp_path)
    browser.value(
        "Object.defineProperty(navigator, 'clipboard', { value: { writeText(t) { window.got = t } } })"
    )
    browser.click("figure.block .copy")
    browser.wait("window.got !== undefined")
    assert browser.value("window.got") == browser.value("document.querySelector('figure pre').textContent")
    assert "\n" not in browser.value("window.got")


def test_a_browser_that_cannot_unpack_says_so(browser: Tab, tmp_path: Path) -> None:
    """And keeps the first rows."""
    page = html(result(mixed(120))).replace("new DecompressionStream", "new NothingOfThatKind")
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    browser.open(tmp_path / "page.html")
    browser.wait("document.body.innerText.includes('Only the first trials are shown')")
    assert browser.value(f"{ROWS}.length") == 50
