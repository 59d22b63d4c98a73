# SPDX-License-Identifier: Apache-2.0
"""The site as `make docs` builds it: what its reference names, and what it asks of other hosts."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

import kfp_katib
import kfp_katib.report
import kfp_katib.search
import kfp_katib.storage
from components import __all__ as components
from kfp_katib.cli import VERBS
from tests.places import ROOT
from tests.readme.picture import Edge, arrows
from website import command_line
from website import components as components_page


def headings(page: Path) -> set[str]:
    """The headings of a page."""
    found = re.findall(r"<h[1-6][^>]*>(.*?)</h[1-6]>", page.read_text(), re.DOTALL)
    return {re.sub(r"<[^>]+>|¶", "", each).replace("&para;", "").strip() for each in found}


def test_no_page_asks_another_host_for_anything(site: Path) -> None:
    """No font, script, style or picture: whoever reads it needs no network, and tells nobody."""
    pages = sorted(site.rglob("*.html"))
    asked = {
        link
        for page in pages
        for tag in re.findall(r"<(?:script|link|img|iframe|source)\b[^>]*>", page.read_text())
        for link in re.findall(r"\b(?:src|href)=\"?((?:https?:)?//[^\"\s>]+)", tag)
    }
    assert len(pages) > 40
    assert asked == set()


def test_every_link_leads_to_a_file_and_an_anchor_of_the_site(site: Path) -> None:
    """Those too that mkdocs does not look at: of the theme, and of what stands in a page as HTML."""
    pages = {page: page.read_text() for page in site.rglob("*.html") if page.name != "404.html"}
    anchors = {page: set(re.findall(r'\bid="?([^"\s>]+)', text)) for page, text in pages.items()}
    broken = []
    for page, text in pages.items():
        for link in re.findall(r'<(?:a|link|script|img)\b[^>]*\b(?:href|src)="?([^"\s>:]+)["\s>]', text):
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            if not target.exists() or (anchor.strip("_") and anchor not in anchors[target]):
                broken.append(f"{page.relative_to(site)}: {link}")
    assert broken == []


def test_the_reference_has_every_public_name(site: Path) -> None:
    """Of the package and of its modules for what is searched, reports and models."""
    modules = (kfp_katib.search, kfp_katib.report, kfp_katib.storage)
    names = {name for name in kfp_katib.__all__ if name not in ("search", "report", "storage")}
    names |= {f"{each.__name__.rpartition('.')[2]}.{name}" for each in modules for name in each.__all__}
    assert names - headings(site / "reference/python.html") == set()


def test_the_reference_has_every_verb(site: Path) -> None:
    """And every option of it."""
    page = site / "reference/command-line.html"
    assert set(VERBS) - headings(page) == set()
    assert "--timeout-seconds SECONDS" in page.read_text()


def test_the_reference_has_every_component(site: Path) -> None:
    """All that `components` exports, except the images' names."""
    names = {name for name in components if name.islower()}
    assert headings(site / "reference/components.html") == names | {"The components"}


@pytest.mark.parametrize(
    ("page", "document"),
    [("command-line", command_line.document), ("components", components_page.document)],
)
def test_a_committed_reference_is_up_to_date(page: str, document: Callable[[], str]) -> None:
    """After a change to a verb or a component; the page itself names the command that writes it."""
    assert (ROOT / f"docs/reference/{page}.md").read_text(encoding="utf-8") == document()


def drawn(picture: str) -> set[Edge]:
    """What hands something to what in a picture."""
    text = (ROOT / "docs/assets" / picture).read_text()
    return set(re.findall(r'data-from="([\w-]+)" data-to="([\w-]+)"', text))


def compiled(pipeline: str) -> set[Edge]:
    """The same in a compiled pipeline."""
    return arrows(next(yaml.safe_load_all((ROOT / "tests/golden" / pipeline).read_text())))


def test_the_picture_is_the_compiled_pipeline() -> None:
    """Every arrow, and no other."""
    assert drawn("pipeline.svg") == compiled("tune-local.yaml")


def test_the_picture_of_vertex_ai_is_part_of_the_compiled_pipeline() -> None:
    """It shows how the search is run, and leaves out what is as elsewhere."""
    assert len(drawn("vertex.svg")) == 6
    assert drawn("vertex.svg") - compiled("tune-vertex.yaml") == set()
