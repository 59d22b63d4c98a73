# SPDX-License-Identifier: Apache-2.0
"""A figure as the page needs it, and the look that all of them share."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from html import escape
from typing import Any

# Okabe and Ito's colours, which the colour-blind tell apart too (https://jfly.uni-koeln.de/color/), and Tol's
# red, which is further from orange (https://sronpersonalpages.nl/~pault/).
BLUE, SKY, GREEN, ORANGE, RED = "#0072b2", "#56b4e9", "#009e73", "#e69f00", "#cc3311"
GREY, PURPLE, INK, LINE = "#77808c", "#b0568b", "#17202c", "#e3e8ee"
PAPER, LABEL_PAPER = "#ffffff", "rgba(255,255,255,0.85)"
SHADES = ("#a9c6e2", "#7facd4", "#4a88c0", "#1f659f", "#06355a")
"""From the worst to the best: one hue, whose order everybody sees, and no white."""
DARK = {
    BLUE: "#56b4e9",
    SKY: "#9ad4f5",
    GREEN: "#2fc79a",
    ORANGE: "#ffb92e",
    RED: "#ff7a5c",
    GREY: "#98a3b1",
    PURPLE: "#d98abf",
    INK: "#e7ecf2",
    LINE: "#2a333f",
    PAPER: "#12171e",
    LABEL_PAPER: "rgba(18,23,30,0.85)",
    **dict(zip(SHADES, ("#2b4a69", "#396a98", "#4a88c0", "#85b5de", "#d6e8f8"), strict=True)),
}
"""What the page's script draws in place of each colour where the system is dark."""
_MARGIN = 0.05
_LARGE, _CLOSE = 1e7, 1e-3


@dataclass(frozen=True, slots=True)
class Plot:
    """One drawing, as plotly.js takes it.

    Attributes:
        name: The id of its element.
        data: Its traces.
        layout: Its own part of the layout; `look` is the rest.
        height: In pixels.
        width: The least that it can be drawn in, in pixels; narrower windows scroll it.
    """

    name: str
    data: list[dict[str, Any]]
    layout: dict[str, Any]
    height: int = 380
    width: int = 0

    def element(self, title: str) -> str:
        """Where it is drawn."""
        style = f"height:{self.height}px" + (f";min-width:{self.width}px" if self.width else "")
        place = (
            f'<div class="plot" id="{self.name}" role="img" aria-label="{escape(title)}" '
            f'style="{style}"></div>'
        )
        return f'<div style="overflow-x:auto">{place}</div>' if self.width else place


@dataclass(frozen=True, slots=True)
class Figure:
    """One section of the page.

    Attributes:
        name: The id of the section.
        title: Its heading, plain text.
        sentence: What one sees, and what is not drawn, plain text.
        plots: Its drawings: none where there is only something to say.
        panel_rem: Where there are several, the least width of each, in the height of the page's letters.
    """

    name: str
    title: str
    sentence: str
    plots: tuple[Plot, ...] = ()
    panel_rem: int = 14

    @property
    def html(self) -> str:
        """The elements in which `script` draws; several stand side by side as far as they fit."""
        drawn = "".join(plot.element(self.title) for plot in self.plots)
        if len(self.plots) < 2:
            return drawn
        columns = f"repeat(auto-fit,minmax(min(100%,{self.panel_rem}rem),1fr))"
        style = f"display:grid;gap:0.5rem;grid-template-columns:{columns}"
        return f'<div class="plots" style="{style}">{drawn}</div>'


def look(**own: Any) -> dict[str, Any]:
    """A layout: what all figures share, and what one has of its own."""
    return {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": INK, "size": 12},
        "margin": {"t": 30, "b": 50, "l": 70, "r": 20},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "hovermode": "closest",
        "hoverlabel": {"align": "left", "namelength": -1},
        "autosize": True,
        **own,
    }


def axis(title: str = "", **own: Any) -> dict[str, Any]:
    """An axis with its title, a grid that stays behind, and no `100µ` for 0.0001."""
    return {
        "title": {"text": title},
        "gridcolor": LINE,
        "zeroline": False,
        "exponentformat": "e",
        "automargin": True,
        **own,
    }


def readable(low: float, high: float) -> dict[str, Any]:
    """How the numbers of an axis are written: in full, unless they are very large or lie very close."""
    plain = max(abs(low), abs(high)) < _LARGE and (high / 2 - low / 2) * 2 > _CLOSE
    return {"exponentformat": "none", "separatethousands": True} if plain else {}


def padded(low: float, high: float) -> list[float]:
    """The ends of an axis, a little beyond what is drawn; the largest floats have nothing beyond them."""
    margin = (high / 2 - low / 2) * 2 * _MARGIN or abs(low) * _MARGIN or 1.0
    return [max(low - margin, -sys.float_info.max), min(high + margin, sys.float_info.max)]
