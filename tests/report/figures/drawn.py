# SPDX-License-Identifier: Apache-2.0
"""Figures as plotly.js gets them: what the page's script holds, its references filled in."""

from __future__ import annotations

import json
from typing import Any

from kfp_katib.report.figures import Figure, script


def drawn(figure: Figure) -> list[dict[str, Any]]:
    """The plots of a figure, each with `name`, `data` and `layout`."""
    text = script([figure]).partition("\n{const texts=")[2]
    read = json.JSONDecoder().raw_decode
    texts, end = read(text)
    lists, end = read(text, end + len(",lists="))
    plots, _ = read(text, end + len(",plots="))
    assert isinstance(plots, list)
    long = [[texts[place] for place in each["t"]] if isinstance(each, dict) else each for each in lists]
    return [_filled(plot, long) for plot in plots]


def _filled(part: Any, lists: list[Any]) -> Any:
    if isinstance(part, list):
        return [_filled(item, lists) for item in part]
    if not isinstance(part, dict):
        return part
    return lists[part["$"]] if "$" in part else {name: _filled(item, lists) for name, item in part.items()}


def traces(figure: Figure | None, name: str = "") -> list[dict[str, Any]]:
    """The traces of a figure that is there, or those of one name."""
    assert figure is not None
    found = [trace for plot in drawn(figure) for trace in plot["data"]]
    return [trace for trace in found if trace.get("name") == name] if name else found
