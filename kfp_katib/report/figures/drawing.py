# SPDX-License-Identifier: Apache-2.0
"""What the page's script needs to draw the figures: plotly.js, their data, and the few lines that begin.

Figures show the same trials over and over. Each long list of numbers or texts is written once, however many
plots it is in, since a page of 1,000 trials has little room beside plotly.js.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Mapping
from importlib import resources
from typing import Any

from kfp_katib.report.figures.figure import Figure
from kfp_katib.report.words import legible

_SHOWN = frozenset({"customdata", "name", "text", "ticktext", "title"})
"""The fields of a figure in whose texts plotly.js interprets tags and entities."""
_LONG = 8
_REFERENCE = "$"


def script(figures: Iterable[Figure]) -> str:
    """The program that draws these figures, for one `<script>` below them; empty where none has a plot."""
    plots = [plot for figure in figures for plot in figure.plots]
    if not plots:
        return ""
    import plotly.offline

    lists: dict[str, int] = {}
    drawn = [
        {"name": plot.name, "data": _shared(_as_text(plot.data), lists), "layout": _as_text(plot.layout)}
        for plot in plots
    ]
    begin = resources.files("kfp_katib.report").joinpath("template/figures.js").read_text(encoding="utf-8")
    written = f"const lists=[{','.join(lists)}],plots={_json(drawn)};"
    return f"{plotly.offline.get_plotlyjs()}\n{{{_inside_a_script(written)}\n{begin}}}\n"


def _as_text(part: Any, *, shown: bool = False) -> Any:
    """A copy of the figure without markup for plotly.js or control characters in its texts."""
    if isinstance(part, str):
        return html.escape(legible(part), quote=False) if shown else part
    if isinstance(part, Mapping):
        return {name: _as_text(item, shown=shown or name in _SHOWN) for name, item in part.items()}
    return [_as_text(item, shown=shown) for item in part] if isinstance(part, (list, tuple)) else part


def _shared(part: Any, lists: dict[str, int]) -> Any:
    """The same data with a reference in place of each long list, which is put into `lists`."""
    if isinstance(part, Mapping):
        return {name: _shared(item, lists) for name, item in part.items()}
    if not isinstance(part, list):
        return part
    if any(isinstance(item, Mapping) for item in part):
        return [_shared(item, lists) for item in part]
    return part if len(part) < _LONG else {_REFERENCE: lists.setdefault(_json(part), len(lists))}


def _json(part: Any) -> str:
    return json.dumps(part, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _inside_a_script(text: str) -> str:
    """JSON that ends no script and no line of JavaScript, whatever its texts are."""
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
