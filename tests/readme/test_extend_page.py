# SPDX-License-Identifier: Apache-2.0
"""What docs/how-to/extend.md says happens."""

from __future__ import annotations

from pathlib import Path

from tests.support.blocks import Block, blocks, commands, save, succeeded, typed


def test_a_search_is_extended_changed_retried_and_moved(tmp_path: Path) -> None:
    """The page's commands one after the other, in the folder that it tells to make."""
    folder = tmp_path / "project"
    folder.mkdir()
    save(blocks("docs/how-to/extend.md"), folder)
    extend, resume, other, retry, go_on = commands("docs/how-to/extend.md")
    assert "8 trials: 8 Succeeded" in said(extend, folder)
    assert "400 trials: 400 Succeeded" in said(resume, folder)
    assert len(list(folder.glob("runs/cut/cut-*"))) == 400
    assert "Experiment tune-at-random succeeded" in said(other, folder)
    assert "8 trials: 8 Succeeded" in said(retry, folder)
    moved = folder.rename(tmp_path / "moved")
    assert said(go_on, moved) == "10 Succeeded\n"
    assert len(list(moved.glob("runs/tune/tune-*"))) == 10


def said(block: Block, folder: Path) -> str:
    """What a command that succeeds prints."""
    return succeeded(typed(block.code, folder)).stdout
