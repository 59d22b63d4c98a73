# SPDX-License-Identifier: Apache-2.0
"""The page's steps: their text, the files that a reader saves, the commands that a reader types."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.places import ROOT
from tests.support.blocks import parse, succeeded, typed

STEPS = range(1, 6)
REGISTRY = "registry.example.org"


def step(number: int) -> str:
    """The text of one step."""
    page = (ROOT / "training" / "README.md").read_text()
    found = re.search(rf"^### {number}\. .*?(?=^###? |\Z)", page, re.MULTILINE | re.DOTALL)
    assert found, f"training/README.md has no step {number}"
    return found[0]


def save(folder: Path, *, last: int = 5) -> None:
    """Save the blocks up to a step; those of one name lie one below the other."""
    folder.mkdir(parents=True, exist_ok=True)
    texts: dict[str, str] = {}
    for block in (block for number in STEPS if number <= last for block in parse(step(number)) if block.file):
        texts[block.file] = texts.get(block.file, "") + block.code
    for name, text in texts.items():
        (folder / name).write_text(text)


def command(number: int, beginning: str) -> str:
    """The block of a step that begins so: what a reader copies into a shell."""
    (found,) = (
        block.code
        for block in parse(step(number))
        if block.language == "sh" and block.code.startswith(beginning)
    )
    return found


def shell(line: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run what a reader types, with the checkout on Python's path."""
    return typed(line, folder, **{"PYTHONPATH": str(ROOT), **environment})


def succeeds(line: str, folder: Path, **environment: str) -> str:
    """Run what a reader types and give what it prints."""
    return succeeded(shell(line, folder, **environment)).stdout
