# SPDX-License-Identifier: Apache-2.0
"""What a page holds for its script, unpacked as the script does it."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

from tests.support.html import read


def unpacked(page: str) -> dict[str, Any]:
    """The CSV's columns, the Result, and for every trial its number, its row, its command, its fields."""
    (script,) = read(page).all("script", id="packed")
    text = "".join(part for part in script.content if isinstance(part, str))
    found: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(text, validate=True)))
    return found
