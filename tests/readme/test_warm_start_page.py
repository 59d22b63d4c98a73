# SPDX-License-Identifier: Apache-2.0
"""What docs/how-to/warm-start.md says happens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.blocks import blocks, save, succeeded, typed

PAGE = "docs/how-to/warm-start.md"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the page's files."""
    save(blocks(PAGE), tmp_path)
    return tmp_path


def test_the_pages_commands_do_what_it_says(folder: Path) -> None:
    """One after the other: a search from another's trials, points of one's own, and both from Python."""
    commands = [block for block in blocks(PAGE) if block.language == "sh" and not block.file]
    warm, points, python = commands
    assert [block.suite for block in commands] == ["test"] * 3
    done = succeeded(typed(warm.code, folder))
    assert example() in alike(done.stderr)
    assert "4 trials: 4 Succeeded" in done.stdout
    done = succeeded(typed(points.code, folder))
    assert re.search(r"^\S* +guess-\w+ +Succeeded +0\.02 +0\.3 +2 ", done.stdout, re.MULTILINE)
    assert "6 trials: 6 Succeeded" in done.stdout
    assert succeeded(typed(python.code, folder)).stdout.splitlines() == [
        "from-result 12 Warm start: told 12 earlier trials of Experiment 'tune'.",
        "from-table 12 Warm start: told 12 earlier trials of old.csv.",
    ]


def example() -> str:
    """The notes that the page shows."""
    return alike(next(block.code for block in blocks(PAGE) if block.language == "text"))


def alike(text: str) -> str:
    """The text without what differs each time: the end of a trial's name, and numbers after `=`."""
    return re.sub(r"tune-\w{8}\b", "tune-", re.sub(r"=[\d.e-]*\d", "=", text))
