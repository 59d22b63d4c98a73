# SPDX-License-Identifier: Apache-2.0
"""A document's code blocks, each with the suite that it says it is run by, and how one is carried out."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.places import ROOT

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


def blocks(document: str = "README.md") -> list[Block]:
    """All blocks of a document, in their order."""
    return parse((ROOT / document).read_text())


def parse(text: str) -> list[Block]:
    """All blocks of a text, in their order."""
    return [
        Block(found["language"], found["file"] or "", found["code"], suite(found["says"] or ""))
        for found in BLOCK.finditer(text)
    ]


def suite(says: str) -> str:
    """The make target in the line under a block, empty where there is none."""
    found = re.search(r"`make ([\w-]+)`", says)
    return found[1] if found else ""


def save(found: Iterable[Block], folder: Path) -> None:
    """Save those blocks that are files."""
    for block in found:
        if block.file:
            (folder / block.file).write_text(block.code)


def carry_out(block: Block, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run one block as a reader would, with that folder on Python's path."""
    if block.language == "sh":
        return typed(block.code, folder, PYTHONPATH=str(folder))
    (folder / "snippet.py").write_text(block.code)  # kfp reads the source of a component from its file
    return typed("python snippet.py", folder, PYTHONPATH=str(folder))


def typed(line: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run what a reader types: a shell with this environment first on its path."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["sh", "-e", "-c", line],
        cwd=folder,
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def succeeded(done: subprocess.CompletedProcess[str]) -> subprocess.CompletedProcess[str]:
    """What was carried out or typed, which has to succeed."""
    assert done.returncode == 0, f"{done.args[-1]}\n{done.stdout}\n{done.stderr}"
    return done
