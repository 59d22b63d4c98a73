# SPDX-License-Identifier: Apache-2.0
"""What the page's script needs to draw the figures: plotly.js, their data, and the few lines that begin.

Figures show the same trials over and over, and a page of 1,000 of them has little room beside plotly.js. So
each long list is written once, however many plots it is in, and each text of one by its place in a table.
"""

from __future__ import annotations

import base64
import html
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from kfp_katib.report.figures.figure import DARK, Figure, Plot
from kfp_katib.results.brief import legible

_SHOWN = frozenset({"customdata", "name", "text", "ticktext", "title"})
"""The fields of a figure in whose texts plotly.js interprets tags and entities."""
_LONG = 8
_REFERENCE, _TEXTS = "$", "t"


def script(figures: Iterable[Figure]) -> str:
    """The program that draws these figures, for one `<script>` below them; empty where none has a plot.

    It follows the page's `table.js`, whose `unpacked` it uses.
    """
    plots = [plot for figure in figures for plot in figure.plots]
    if not plots:
        return ""
    import plotly.offline

    draw = resources.files("kfp_katib.report").joinpath("template/figures.js").read_text(encoding="utf-8")
    return f"{plotly.offline.get_plotlyjs()}\n{{const packed='{_packed(plots)}';\n{draw}}}\n"


def _packed(plots: Iterable[Plot]) -> str:
    """Base64 of zlib's format of JSON: nothing in it ends a script, whatever the trials wrote."""
    written = _Written()
    drawn = [
        {"name": plot.name, "data": written.short(_as_text(plot.data)), "layout": _as_text(plot.layout)}
        for plot in plots
    ]
    parts = {"texts": _json(list(written.texts)), "dark": _json(DARK), "plots": _json(drawn)}
    parts["lists"] = f"[{','.join(written.lists)}]"
    text = "{" + ",".join(f'"{name}":{part}' for name, part in parts.items()) + "}"
    return base64.b64encode(zlib.compress(text.encode("utf-8", "replace"), 9)).decode()


def _as_text(part: Any, *, shown: bool = False) -> Any:
    """A copy of the figure without markup for plotly.js or control characters in its texts."""
    if isinstance(part, str):
        return html.escape(legible(part), quote=False) if shown else part
    if isinstance(part, Mapping):
        return {name: _as_text(item, shown=shown or name in _SHOWN) for name, item in part.items()}
    return [_as_text(item, shown=shown) for item in part] if isinstance(part, (list, tuple)) else part


@dataclass(slots=True)
class _Written:
    """What is written once: texts, and lists as JSON, each with its place.

    A list of numbers is `[...]`, one of texts `{"t":[...]}` with their places.
    """

    texts: dict[str, int] = field(default_factory=dict)
    lists: dict[str, int] = field(default_factory=dict)

    def short(self, part: Any) -> Any:
        """The same data with a reference in place of each long list."""
        if isinstance(part, Mapping):
            return {name: self.short(item) for name, item in part.items()}
        if not isinstance(part, list):
            return part
        if len(part) < _LONG or isinstance(part[0], (Mapping, list)):
            return [self.short(item) for item in part]
        if all(isinstance(item, str) for item in part):
            places = [self.texts.setdefault(item, len(self.texts)) for item in part]
            return self._reference(_json({_TEXTS: places}))
        return self._reference(_json(part))

    def _reference(self, written: str) -> dict[str, int]:
        return {_REFERENCE: self.lists.setdefault(written, len(self.lists))}


def _json(part: Any) -> str:
    return json.dumps(part, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
