# SPDX-License-Identifier: Apache-2.0
"""A hook of mkdocs: every file that a page links to is part of the site, wherever it lies in the project.

To mkdocs a page's name is its path from the project's root, not from docs/. So a link means the same file on
GitHub and on the site, and mkdocs finds those that lead nowhere. A page outside docs/ is a page of the site;
any other file is shown as it is. The README alone is left out: docs/index.md has its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

LINK = re.compile(r"\]\((?!\w+:)([^)#\s]+)")
LANGUAGES = {".py": "python", ".yaml": "yaml", ".json": "json", ".sh": "sh", ".conf": "ini"}


class Shown(File):
    """A file that is no page, and that the site shows as one."""

    def is_documentation_page(self) -> bool:
        """Whether mkdocs renders it."""
        return True


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Name the files by their paths in the project, and add what they link to outside docs/."""
    root = Path(config.config_file_path).parent
    docs = PurePosixPath(Path(config.docs_dir).relative_to(root))
    found: dict[str, File] = {}
    for file in files:
        if file.src_dir == config.docs_dir:
            file = _file(str(docs / file.src_uri), config, to=file.dest_uri)
        found[file.src_uri] = file
    for path in _linked(root, [*_in_nav(config.nav), *(uri for uri in found if uri.startswith(f"{docs}/"))]):
        if path not in found and path != "README.md":
            found[path] = _file(path, config) if path.endswith(".md") else _shown(path, config)
    return Files([*found.values()])


def on_page_read_source(page: Page, config: MkDocsConfig) -> str | None:
    """The text of a page that shows a file."""
    if not isinstance(page.file, Shown):
        return None
    path = PurePosixPath(page.file.src_uri)
    language = LANGUAGES.get(path.suffix, "text")
    code = page.file.content_string.rstrip("\n")
    return f"---\nsearch: {{exclude: true}}\n---\n# {path}\n\n````{language}\n{code}\n````\n"


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> None:
    """Leave out side bars that would be all but empty: wide tables need their room."""
    if markdown.count("\n## ") < 2:
        page.meta.setdefault("hide", []).append("toc")
    if page.parent is None:
        page.meta.setdefault("hide", []).append("navigation")


def _in_nav(nav: Any) -> Iterator[str]:
    """The pages that the navigation names."""
    if isinstance(nav, str):
        yield nav
    elif nav:
        for each in nav.values() if isinstance(nav, dict) else nav:
            yield from _in_nav(each)


def _linked(root: Path, pages: list[str]) -> list[str]:
    """These pages, what they link to, and what the pages among that link to."""
    found = dict.fromkeys(page for page in pages if (root / page).is_file())
    waiting = [*found]
    while waiting:
        page = waiting.pop()
        new = [path for path in (_links(root, page) if page.endswith(".md") else ()) if path not in found]
        found |= dict.fromkeys(new)
        waiting += new
    return [*found]


def _links(root: Path, page: str) -> Iterator[str]:
    """The files that one page links to; what is not there is left for mkdocs to report."""
    for link in LINK.findall((root / page).read_text(encoding="utf-8")):
        path = (root / page).parent.joinpath(link).resolve()
        if path.is_file() and path.is_relative_to(root):
            yield path.relative_to(root).as_posix()


def _file(path: str, config: MkDocsConfig, to: str | None = None) -> File:
    """A file of the project under its own name, at its own place on the site."""
    return File(path, *_places(config), dest_uri=to)


def _shown(path: str, config: MkDocsConfig) -> File:
    return Shown(path, *_places(config), dest_uri=f"{path}.html", inclusion=InclusionLevel.NOT_IN_NAV)


def _places(config: MkDocsConfig) -> tuple[str, str, bool]:
    """Where files are from, where they go, and whether each gets a folder."""
    return str(Path(config.config_file_path).parent), config.site_dir, config.use_directory_urls
