# SPDX-License-Identifier: Apache-2.0
"""What docs/how-to/early-stopping.md says happens."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.blocks import blocks, save, succeeded, typed

PAGE = "docs/how-to/early-stopping.md"


def test_the_page_s_search_stops_trials(tmp_path: Path) -> None:
    """The trial that begins worst is stopped, and the table is the shown one but for who was how fast."""
    save(blocks(PAGE), tmp_path)
    command, shown = [block for block in blocks(PAGE) if not block.file]
    assert (command.suite, shown.language) == ("test", "text")
    done = succeeded(typed(command.code, tmp_path))
    assert offsets(done.stdout) == offsets(shown.code)
    assert re.search(r"EarlyStopped .* 2\.15324 ", done.stdout)
    assert "10 trials: " in done.stdout
    assert "Failed" not in done.stdout


def offsets(table: str) -> set[str]:
    """The trials of a table, by their parameter."""
    return set(re.findall(r"^\d+ .* (\d\.\d+)  +[\d.]+ s", table, re.MULTILINE))
