# SPDX-License-Identifier: Apache-2.0
"""Figures as plotly.js gets them: what the page's script holds, its references filled in."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Sequence
from typing import Any

from kfp_katib.report.figures import Figure, script


def drawn(figure: Figure) -> list[dict[str, Any]]:
    """The plots of a figure, each with `name`, `data` and `layout`."""
    content = unpacked([figure])
    plots, texts = content["plots"], content["texts"]
    assert isinstance(plots, list)
    lists = [[texts[at] for at in each["t"]] if isinstance(each, dict) else each for each in content["lists"]]
    return [_filled(plot, lists) for plot in plots]


def unpacked(figures: Sequence[Figure]) -> dict[str, Any]:
    """What the script unpacks."""
    found = re.search(r"\{const packed='([A-Za-z0-9+/=]*)';", script(figures))
    assert found is not None
    content: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(found[1])))
    return content


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
