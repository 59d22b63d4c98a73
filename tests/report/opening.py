# SPDX-License-Identifier: Apache-2.0
"""Opens the page of a Result in a browser, alone or as Kubeflow Pipelines does."""

from __future__ import annotations

import html as markup
from pathlib import Path

import pytest

from kfp_katib.report import html
from kfp_katib.results import Result, Trial
from tests.builders.result import trial
from tests.support.browser import NAMES, Tab, find

needs_browser = pytest.mark.skipif(
    find() is None, reason=f"no browser: none of {', '.join(NAMES)} is installed"
)

ROWS = "[...document.querySelectorAll('[aria-labelledby=trials] tbody tr')]"
SHOWN = f"{ROWS}.map((row) => row.cells[1]?.textContent.replace(' best', ''))"
SAID = "document.querySelector('output').textContent"
READY = "document.querySelector('form') === null || !document.querySelector('form').hidden"
DRAWN = "!document.querySelector('.plot') || document.documentElement.dataset.figures === 'drawn'"
OVERFLOW = "document.documentElement.scrollWidth - innerWidth"


def mixed(count: int) -> list[Trial]:
    """Trials of which some failed, some were killed and some diverged, with long numbers and logs."""
    kinds = [
        lambda n: trial(n, f"{(n * 7919 % 1009 + 1) / 1009}", log_tail=f"log of {n}"),
        lambda n: trial(n, f"{(n * 7919 % 1009 + 1) / 1009}", log_tail=f"log of {n}"),
        lambda n: trial(n, state="Failed", message="The kernel killed it", exit_code=137, log_tail="CUDA"),
        lambda n: trial(n, "nan"),
        lambda n: trial(n, state="Killed"),
        lambda n: trial(n, f"{(n * 7919 % 1009 + 1) / 1009}", state="EarlyStopped"),
    ]
    return [kinds[n % len(kinds)](n) for n in range(count)]


def shown(browser: Tab, found: Result, folder: Path, *, framed: bool = False) -> Tab:
    """Open the page of a Result, alone or as Kubeflow Pipelines does, and wait for its table and figures."""
    page = folder / "page.html"
    text = html(found)
    if framed:  # HTMLViewer.tsx of its frontend: scripts may run, and nothing else
        frame = f'<iframe sandbox="allow-scripts" srcdoc="{markup.escape(text)}"></iframe>'
        style = "<style>body { margin: 0 } iframe { display: block; width: 100%; height: 100vh; border: 0 }"
        text = f"<!doctype html>{style}</style>{frame}"
    page.write_text(text, encoding="utf-8")
    browser.complaints.clear()
    browser.open(page)
    browser.wait(f"({READY}) && ({DRAWN})", framed=framed)
    return browser
