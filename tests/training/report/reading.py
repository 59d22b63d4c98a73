# SPDX-License-Identifier: Apache-2.0
"""What a report's page holds: the cells of its tables, and what its figures are drawn of."""

from __future__ import annotations

import json
from typing import Any

from tests.support.html import Element


def cells(table: Element) -> list[list[str]]:
    """The texts of a table's rows, the heads of its columns first."""
    return [[cell.text for cell in row if cell.tag in ("th", "td")] for row in table.all("tr")]


def data(page: Element) -> dict[str, Any]:
    """What the figures are drawn of."""
    (script,) = page.all("script", id="data")
    read: dict[str, Any] = json.loads(script.text)
    return read
