# SPDX-License-Identifier: Apache-2.0
"""Draws the README's two pictures of a report: `python -m tests.report.picture REPORT.html FOLDER`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.report.opening import DRAWN
from tests.support.browser import Tab, tab

WIDTH, SCALE = 1000, 0.6
PARTS = {"report": ("", "importances"), "report-figures": ("slices", "timeline")}
"""Each picture with the sections that it begins with and ends before; the page's top has no name."""


def draw(page: Path, folder: Path) -> None:
    """Take the pictures, in light colours."""
    with tempfile.TemporaryDirectory() as profile, tab(Path(profile)) as browser:
        browser.look(width=WIDTH)
        browser.open(page.resolve())
        browser.wait(DRAWN)
        for name, (first, beyond) in PARTS.items():
            begin = above(browser, first) if first else 0
            browser.screenshot(folder / f"{name}.png", top=begin, bottom=above(browser, beyond), scale=SCALE)


def above(browser: Tab, section: str) -> float:
    """Where a section's heading begins, in pixels from the page's top, with some room above it."""
    place = f"document.getElementById('{section}-title').getBoundingClientRect().top + scrollY - 20"
    return float(browser.value(place))


if __name__ == "__main__":
    draw(Path(sys.argv[1]), Path(sys.argv[2]))
