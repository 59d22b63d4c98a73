# SPDX-License-Identifier: Apache-2.0
"""What docs/how-to/look-at-a-search.md says happens."""

from __future__ import annotations

import json
import re
from pathlib import Path

import yaml

from kfp_katib.results import from_csv, from_json
from tests.support.blocks import Block, blocks, commands, save, succeeded, typed

PAGE = "docs/how-to/look-at-a-search.md"


def alike(text: str) -> str:
    """A table without what differs each time: numbers, trials' names, the mark at the best, widths."""
    text = re.sub(r"(tune|at-random)-\w{8}\b", r"\1-x", text).replace("*", " ")
    text = re.sub(r"-{3,}", "---", re.sub(r"\d[\d.e-]*", "0", text))
    return re.sub(r" +", " ", re.sub(r"\b(s|min)\b", "s", text)).replace(" \n", "\n")


def said(block: Block, folder: Path) -> str:
    """What a block's commands print."""
    return succeeded(typed(block.code, folder)).stdout


def test_a_search_is_listed_shown_compared_used_exported_and_ended(tmp_path: Path) -> None:
    """The page's commands one after the other, in the folder that it tells to make."""
    save(blocks(PAGE), tmp_path)
    run, listed, shown, used, exported, ended = commands(PAGE)
    said(run, tmp_path)
    table, compared = (alike(block.code) for block in blocks(PAGE) if block.language == "text")
    assert alike(said(listed, tmp_path)) == table
    assert compared in alike(said(shown, tmp_path))
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
