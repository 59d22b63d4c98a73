# SPDX-License-Identifier: Apache-2.0
"""With the settings of mkdocs.yml nothing that is broken is built, wherever in the project it stands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort

from tests.places import ROOT

PAGES = {
    "docs/index.md": "[a guide](how-to/guide.md#a-b-c), [a file](../deploy/claim.yaml), [more](../MORE.md)",
    "docs/how-to/guide.md": "# A guide\n\n## `a`: b, c\n\n[home](../index.md)",
    "MORE.md": "# More\n\n[the guide](docs/how-to/guide.md), [a script](train.py)",
    "README.md": "# Not here",
    "deploy/claim.yaml": "kind: PersistentVolumeClaim",
    "train.py": "print('loss=0.5')",
}
NAV = ["docs/index.md", "docs/how-to/guide.md", "MORE.md"]


def built(project: Path, *, pages: dict[str, str], nav: Sequence[object]) -> Path:
    """The site of a small project with the settings of ours, without its plugins."""
    settings = {
        "INHERIT": str(ROOT / "mkdocs.yml"),
        "hooks": [str(ROOT / "website/pages.py")],
        "nav": [*nav],
        "plugins": [],
        "watch": [],
    }
    for name, text in {**pages, "mkdocs.yml": yaml.safe_dump(settings)}.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    build(load_config(str(project / "mkdocs.yml")))
    return project / "build/site"


def test_a_link_leads_to_the_same_file_as_on_github(tmp_path: Path) -> None:
    """To pages and to other files, below docs/ and beside it; the README stays out."""
    site = built(tmp_path, pages=PAGES, nav=NAV)
    home, more = (site / "index.html").read_text(), (site / "MORE.html").read_text()
    for link in ("how-to/guide.html#a-b-c", "deploy/claim.yaml.html", "MORE.html"):
        assert f'href="{link}"' in home
        assert (site / link.partition("#")[0]).is_file()
    for link in ("how-to/guide.html", "train.py.html"):
        assert f'href="{link}"' in more
    assert "PersistentVolumeClaim" in (site / "deploy/claim.yaml.html").read_text()
    assert "Not here" not in home
    assert not (site / "README.html").exists()


@pytest.mark.parametrize(
    ("page", "text", "says"),
    [
        ("docs/index.md", "[a guide](how-to/gone.md)", "how-to/gone.md"),
        ("docs/index.md", "[a guide](how-to/guide.md#gone)", "#gone"),
        ("docs/index.md", "[here](#gone)", "#gone"),
        ("docs/index.md", "[a file](../deploy/gone.yaml)", "deploy/gone.yaml"),
        ("docs/index.md", "[a folder](../deploy)", "unrecognized relative link '../deploy'"),
        ("docs/index.md", "[a guide](/how-to/guide.md)", "absolute link"),
        ("docs/index.md", "![a picture](gone.svg)", "gone.svg"),
        ("docs/index.md", "[the readme](../README.md)", "README.md"),
        ("MORE.md", "[a guide](docs/how-to/gone.md)", "docs/how-to/gone.md"),
        ("docs/how-to/new.md", "# New", 'not included in the "nav"'),
    ],
)
def test_what_is_broken_is_not_built(
    page: str, text: str, says: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A link, an anchor, a picture, a page that the navigation forgets."""
    with pytest.raises(Abort, match="strict mode"):
        built(tmp_path, pages={**PAGES, page: f"{PAGES.get(page, '')}\n\n{text}"}, nav=NAV)
    assert says in caplog.text


def test_a_page_that_only_the_navigation_has_is_not_built(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As after a file has moved."""
    with pytest.raises(Abort, match="strict mode"):
        built(tmp_path, pages=PAGES, nav=[*NAV, "docs/gone.md"])
    assert "docs/gone.md" in caplog.text


def test_a_side_bar_that_would_be_empty_leaves_its_room_to_the_page(tmp_path: Path) -> None:
    """A table of contents of one section, a navigation that has only the page itself."""
    pages = {**PAGES, "MORE.md": f"{PAGES['MORE.md']}\n\n## A\n\n## B\n"}
    site = built(tmp_path, pages=pages, nav=["docs/index.md", {"All": NAV[1:]}])
    hidden = {
        (page, bar)
        for page in ("index.html", "MORE.html")
        for bar in ("navigation", "toc")
        if re.search(rf'data-md-type="{bar}"[^>]* hidden', (site / page).read_text())
    }
    assert hidden == {("index.html", "navigation"), ("index.html", "toc")}
