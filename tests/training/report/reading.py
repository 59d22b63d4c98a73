# SPDX-License-Identifier: Apache-2.0
"""Reads a page as a browser's parser does, into a tree of elements."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

VOID = {"meta", "link", "br", "img", "input", "hr"}


@dataclass
class Element:
    """One element of a page."""

    tag: str
    attributes: dict[str, str | None] = field(default_factory=dict)
    content: list[Element | str] = field(default_factory=list)

    def all(self, tag: str = "", **attributes: str) -> list[Element]:
        """Every element below this one that has this tag and these attributes, in order."""
        return [
            element
            for element in self
            if tag in ("", element.tag)
            and all(element.attributes.get(name) == value for name, value in attributes.items())
        ]

    def __iter__(self) -> Iterator[Element]:
        for part in self.content:
            if isinstance(part, Element):
                yield part
                yield from part

    @property
    def text(self) -> str:
        """What it says, in words."""
        pieces = [part if isinstance(part, str) else part.text for part in self.content]
        return " ".join("".join(pieces).split())


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Element("")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs))
        self.open[-1].content.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        while len(self.open) > 1 and self.open.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        self.open[-1].content.append(data)


def read(html: str) -> Element:
    """Parse a page."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.open[0]


def cells(table: Element) -> list[list[str]]:
    """The texts of a table's rows, the heads of its columns first."""
    return [[cell.text for cell in row if cell.tag in ("th", "td")] for row in table.all("tr")]


def data(page: Element) -> dict[str, Any]:
    """What the figures are drawn of."""
    (script,) = page.all("script", id="data")
    read: dict[str, Any] = json.loads(script.text)
    return read
