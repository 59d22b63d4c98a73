# SPDX-License-Identifier: Apache-2.0
"""Reads a page as a browser's parser does, into a tree of elements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "wbr", "img", "input", "hr"}
LOADS = {"src", "href", "srcset", "data", "action", "poster", "background"}


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
        """What it says, in words; no script below it does."""
        pieces = [
            part if isinstance(part, str) else part.text
            for part in self.content
            if isinstance(part, str) or part.tag != "script"
        ]
        return " ".join("".join(pieces).split())

    def texts(self, tag: str) -> list[str]:
        """What every element below this one says that has this tag."""
        return [element.text for element in self.all(tag)]

    @property
    def tags(self) -> list[str]:
        """Of every element below this one, in order."""
        return [element.tag for element in self]

    @property
    def loads(self) -> list[str]:
        """Whatever a browser would fetch for it."""
        return [
            f"{element.tag} {name}={value}"
            for element in self
            for name, value in element.attributes.items()
            if name in LOADS
        ]

    @property
    def handlers(self) -> list[str]:
        """Whatever would run on an event."""
        return [
            f"{element.tag} {name}" for element in self for name in element.attributes if name[:2] == "on"
        ]


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
