# SPDX-License-Identifier: Apache-2.0
"""What docs/how-to/more-than-one-objective.md says happens."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.blocks import blocks, save, succeeded, typed

PAGE = "docs/how-to/more-than-one-objective.md"


def test_the_manifests_pareto_set_is_the_one_that_is_shown(tmp_path: Path) -> None:
    """From the command line and from Python; trials have the names of their search."""
    save(blocks(PAGE), tmp_path)
    searched, chosen = (block for block in blocks(PAGE) if block.language == "sh" and not block.file)
    assert {searched.suite, chosen.suite} == {"test"}
    (shown,) = (block.code for block in blocks(PAGE) if block.language == "text")
    printed = succeeded(typed(searched.code, tmp_path)).stdout
    assert without_names(shown) in without_names(printed)
    last = succeeded(typed(chosen.code, tmp_path)).stdout.splitlines()[-1]
    assert last == "7 {'width': '2', 'precision': 'half'}"


def without_names(text: str) -> str:
    """The text with one name for every trial."""
    return re.sub(r"trade-\w{8}", "trade-x", text)
