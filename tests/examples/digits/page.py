# SPDX-License-Identifier: Apache-2.0
"""A copy of examples/digits, and what its page and the steps of training/README.md say to type there."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from pathlib import Path

from tests.places import ROOT
from tests.support.blocks import parse, succeeded, typed

STEPS = (ROOT / "training" / "README.md").read_text().partition("\n## The example")[0]
EXAMPLE = ROOT / "examples" / "digits"
README = (EXAMPLE / "README.md").read_text()
TRAINS = next(line for line in README.splitlines() if line.startswith("python train.py"))
"""One training, as the folder's page has it."""
REGISTRY = "registry.example.org"


def step(number: int) -> str:
    """The text of one step."""
    found = re.search(rf"^### {number}\. .*?(?=^###? |\Z)", STEPS, re.MULTILINE | re.DOTALL)
    assert found, f"training/README.md has no step {number}"
    return found[0]


def save(folder: Path) -> None:
    """Copy the example, as its page says, and save what training/README.md adds to it."""
    for path in EXAMPLE.iterdir():
        if path.is_file():  # what somebody has trained in the folder itself stays there
            shutil.copy(path, folder)
    for block in parse(STEPS):
        if block.file:
            (folder / block.file).write_text(block.code)


def command(beginning: str) -> str:
    """The block of either page that begins so: what a reader copies into a shell."""
    (found,) = (
        block.code
        for block in parse(STEPS) + parse(README)
        if block.language == "sh" and block.code.startswith(beginning)
    )
    return found


def shell(line: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run what a reader types, with the checkout on Python's path."""
    return typed(line, folder, **{"PYTHONPATH": str(ROOT), **environment})


def succeeds(line: str, folder: Path, **environment: str) -> str:
    """Run what a reader types and give what it prints."""
    return succeeded(shell(line, folder, **environment)).stdout


def imports(path: Path) -> set[str]:
    """The packages and modules that a file imports."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name.partition(".")[0] for name in names}
