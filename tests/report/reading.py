# SPDX-License-Identifier: Apache-2.0
"""Reads a report as a browser's parser does: elements, their text, what would run and what would load."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_LOADS = ("src", "href", "srcset", "data", "action", "poster", "background")


@dataclass
class Page:
    """What a page holds: headings, cells of the table, texts by element, and whatever it would load."""

    elements: list[str] = field(default_factory=list)
    pieces: dict[str, list[list[str]]] = field(default_factory=dict)
    loads: list[str] = field(default_factory=list)
    handlers: list[str] = field(default_factory=list)

    def text(self, element: str) -> list[str]:
        """The texts of all elements of a kind, in order, scripts left out."""
        return [" ".join("".join(pieces).split()) for pieces in self.pieces.get(element, [])]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.page.elements.append(tag)
        self.page.loads += [f"{tag} {name}={value}" for name, value in attrs if name in _LOADS]
        self.page.handlers += [f"{tag} {name}" for name, _ in attrs if name.startswith("on")]
        if tag not in ("meta", "link", "br", "wbr", "img", "input"):
            self.open.append(tag)
            self.page.pieces.setdefault(tag, []).append([])

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "script" not in self.open:
            for tag in set(self.open):
                self.page.pieces[tag][-1].append(data)


def read(html: str) -> Page:
    """Parses a page."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.page
