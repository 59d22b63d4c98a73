# SPDX-License-Identifier: Apache-2.0
"""Any release of the Pythons we support will do, the first ones of 3.11 that systems ship among them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.places import ROOT

GROUP_THAT_GIVES_NOTHING_BACK = re.compile(r"\)[*+?]\+|\(\?>")
SOURCES = [
    path for room in ("kfp_katib", "training", "examples", "website") for path in (ROOT / room).rglob("*.py")
]


@pytest.mark.parametrize("pattern", [r"(?:a|b)*+", r"(ab)++", r"(ab)?+", r"(?>a|b)"])
def test_what_is_looked_for(pattern: str) -> None:
    """The check below finds each way to write such a group."""
    assert GROUP_THAT_GIVES_NOTHING_BACK.search(pattern)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_group_of_an_expression_is_possessive(source: Path) -> None:
    """Python before 3.11.5 matches these wrongly (gh-106052); Debian 12 has 3.11.2."""
    assert not GROUP_THAT_GIVES_NOTHING_BACK.search(source.read_text(encoding="utf-8"))
