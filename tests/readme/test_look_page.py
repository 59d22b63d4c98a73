# SPDX-License-Identifier: Apache-2.0
"""What docs/how-to/look-at-a-search.md says happens."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from kfp_katib.results import from_csv, from_json
from tests.support.blocks import Block, blocks, commands, save, succeeded, typed

PAGE = "docs/how-to/look-at-a-search.md"


def said(block: Block, folder: Path) -> str:
    """What a block's commands print."""
    return succeeded(typed(block.code, folder)).stdout


def test_a_search_is_listed_shown_compared_used_exported_and_ended(tmp_path: Path) -> None:
    """The page's commands one after the other, in the folder that it tells to make."""
    save(blocks(PAGE), tmp_path)
    run, listed, shown, used, exported, ended = commands(PAGE)
    said(run, tmp_path)
    lines = said(listed, tmp_path).splitlines()
    assert [line.split()[:3] for line in lines[2:]] == [
        ["at-random", "Succeeded", "6/6"],
        ["tune", "Succeeded", "6/6"],
    ]
    assert "best loss" in said(shown, tmp_path)
    assert (tmp_path / "tune.html").stat().st_size
    told = said(used, tmp_path)
    best = json.loads((tmp_path / "best.json").read_text())
    assert f"sh train.sh {best['lr']} {best['layers']}\n" in told
    assert told.count("loss=") == 4  # in the first line, then of the three epochs
    assert yaml.safe_load(f"lr: {best['lr']}\nlayers: {best['layers']}") == best
    said(exported, tmp_path)
    trials = from_csv((tmp_path / "trials.csv").read_text(), "trials.csv")
    assert len(trials) == len(from_json((tmp_path / "tune.json").read_text(), "tune.json")) == 6
    assert said(ended, tmp_path) == "Nothing of Experiment 'tune' was running; its folder stays.\n"
