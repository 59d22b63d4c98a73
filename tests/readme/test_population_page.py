# SPDX-License-Identifier: Apache-2.0
"""What docs/how-to/population.md says happens."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.blocks import blocks, commands, save, succeeded, typed

PAGE = "docs/how-to/population.md"


def test_a_population_is_trained_and_goes_on(tmp_path: Path) -> None:
    """The page's commands in a folder of one's own: epochs add up over a line of descent."""
    save(blocks(PAGE), tmp_path)
    (command,) = commands(PAGE)
    said = succeeded(typed(command.code, tmp_path)).stdout
    assert "24 trials: 24 Succeeded" in said
    files = tmp_path.glob("runs/population/*/checkpoint/state.json")
    assert max(json.loads(file.read_text())["epoch"] for file in files) >= 15
    shown = succeeded(typed("kfp-katib show population --json", tmp_path)).stdout
    (note,) = [each for each in json.loads(shown)["notes"] if each.startswith("The best trial, population-")]
    assert "it went on from the checkpoints of others, in this order: population-" in note
