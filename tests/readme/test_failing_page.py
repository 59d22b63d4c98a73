# SPDX-License-Identifier: Apache-2.0
"""What docs/how-to/when-a-trial-fails.md says happens."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from tests.support.blocks import Block, blocks, commands, save, succeeded, typed

PAGE = "docs/how-to/when-a-trial-fails.md"


def said(block: Block, folder: Path) -> str:
    """What a block's commands print."""
    return succeeded(typed(block.code, folder)).stdout


def test_every_way_to_fail_is_shown_explained_limited_and_retried(tmp_path: Path) -> None:
    """The page's commands one after the other, in the folder that it tells to make."""
    save(blocks(PAGE), tmp_path)
    run, why, limited, again = commands(PAGE)
    (shown,) = (block.code for block in blocks(PAGE) if block.language == "text")
    assert ends(said(run, tmp_path)) == ends(shown)
    told = said(why, tmp_path)
    for words in ("Exit code 137", "OSError: no space left on device", "set metricsFormat of the collector"):
        assert words in told
    told = said(limited, tmp_path)
    assert "Experiment strict failed: best loss 0.25" in told
    assert "it has failed\n" in told
    assert "Experiment strict succeeded: best loss 0.25" in told
    told = said(again, tmp_path)
    assert ends(told) == {**ends(shown), "crash": "Succeeded"}
    assert "6 trials: 3 Succeeded, 1 Failed, 2 MetricsUnavailable." in told


def ends(table: str) -> dict[str, str]:
    """Each trial's state by its parameter."""
    rows = re.findall(r"^\S* +ends-\w+ +(\w+) .* (\w+)  +[\d.]+ s$", table, re.MULTILINE)
    assert len(rows) == len(Counter(rows)) == 6
    return {end: state for state, end in rows}
