# SPDX-License-Identifier: Apache-2.0
"""The README's code blocks, each with the suite that it says it is run by."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(
    r"^```(?P<language>\w+)(?: (?P<file>\S+))?\n(?P<code>.*?)^```\n(?:<sub>(?P<says>[^\n]*)</sub>)?",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """One fenced block: its language, the file it is saved as (if any), its text and its suite."""

    language: str
    file: str
    code: str
    suite: str


def blocks() -> list[Block]:
    """All blocks of the README, in their order."""
    text = (ROOT / "README.md").read_text()
    return [
        Block(found["language"], found["file"] or "", found["code"], suite(found["says"] or ""))
        for found in BLOCK.finditer(text)
    ]


def suite(says: str) -> str:
    """The make target in the line under a block, empty where there is none."""
    found = re.search(r"`make ([\w-]+)`", says)
    return found[1] if found else ""
