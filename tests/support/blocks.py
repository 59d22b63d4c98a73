# SPDX-License-Identifier: Apache-2.0
"""A document's code blocks, each with what it says it is run by, and how one is carried out."""

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
    r"(?:^\*\*`(?P<file>[^`\n]+)`\*\*\n\n)?"
    r"^```(?P<language>\w+)\n(?P<code>.*?)^```\n"
    r"(?:<!-- (?P<how>run|read) by: (?P<who>[^\n]+?)(?:, (?P<more>[^\n]*))? -->\n)?",
    re.MULTILINE | re.DOTALL,
)
"""A fence with a language and nothing else. The name of a file that a reader saves stands above it, in bold
code; a comment below it says what runs it, or what reads it that cannot run it: `make TARGET`, `nobody`, or
`hand`, once, for numbers that the page gives. Behind a comma, more on how."""


@dataclass(frozen=True)
class Block:
    """One fenced block.

    Attributes:
        language: As behind the fence's backticks.
        file: The name that it is saved as, empty if it is no file.
        code: Its text.
        suite: The make target that runs it, empty if none does.
        by: Whoever runs or reads it, as the comment says it; empty where there is no comment.
        more: What the comment says besides.
    """

    language: str
    file: str
    code: str
    suite: str = ""
    by: str = ""
    more: str = ""


def blocks(document: str = "README.md") -> list[Block]:
    """All blocks of a document, in their order."""
    return parse((ROOT / document).read_text())


def parse(text: str) -> list[Block]:
    """All blocks of a text, in their order."""
    return [block(found.groupdict(default="")) for found in BLOCK.finditer(text)]


def block(found: dict[str, str]) -> Block:
    """One block of the parts that were found."""
    runs = found["how"] == "run" and found["who"].startswith("make ")
    suite = found["who"].removeprefix("make ") if runs else ""
    return Block(found["language"], found["file"], found["code"], suite, found["who"], found["more"])


def commands(document: str) -> list[Block]:
    """What a page's own test types, one after the other: not what another test does, which is named."""
    return [
        block
        for block in blocks(document)
        if block.language == "sh" and block.suite == "test" and not (block.file or "tests/" in block.more)
    ]


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
