# SPDX-License-Identifier: Apache-2.0
"""The built site opened from its folder, without a server and without a network."""

from __future__ import annotations

from pathlib import Path

from tests.report.opening import needs_browser
from tests.support.browser import tab

pytestmark = needs_browser


def test_the_search_works_and_nothing_is_missing(site: Path, tmp_path: Path) -> None:
    """A browser starts no worker for files, so a frame does the worker's work."""
    with tab(tmp_path) as page:
        page.look(width=1280)
        page.open(site / "how-to/init.html")
        page.click(".md-search__input")
        page.send("Input.insertText", text="hyperband")
        page.wait("document.querySelectorAll('.md-search-result__item a').length > 3")
        found = page.value(
            "[...document.querySelectorAll('.md-search-result__item a')].map(each => each.href)"
        )
        assert any(link.startswith((site / "reference/manifest-rules.html").as_uri()) for link in found)
        assert page.complaints == []


def test_no_page_is_wider_than_a_phone(site: Path, tmp_path: Path) -> None:
    """Tables and code scroll by themselves."""
    pages = [path for path in sorted(site.rglob("*.html")) if len(path.suffixes) == 1]  # no shown files
    with tab(tmp_path) as page:
        page.look(width=390, height=844)
        wide = []
        for path in pages:
            page.open(path)
            page.wait(f"location.href.startsWith({path.as_uri()!r})")
            page.wait("document.readyState === 'complete'")
            if page.value("document.documentElement.scrollWidth") > 390:
                wide.append(path.name)
    assert wide == []


def test_what_is_printed_is_read_on_a_desk_without_scrolling(site: Path, tmp_path: Path) -> None:
    """The tutorial shows an error of 400 characters, which a terminal wraps, too."""
    with tab(tmp_path) as page:
        page.look(width=1400)
        page.open(site / "tutorial.html")
        page.wait("document.readyState === 'complete'")
        printed = "[...document.querySelectorAll('.language-text code')]"
        assert page.value(f"{printed}.length") > 2
        assert page.value(f"{printed}.every(each => each.scrollWidth <= each.clientWidth)")
