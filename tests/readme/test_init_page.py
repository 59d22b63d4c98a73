# SPDX-License-Identifier: Apache-2.0
"""What docs/how-to/init.md says happens."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfp_katib.proposal import Wishes
from kfp_katib.proposal.propose import MOST_SEARCHED
from tests.places import ROOT
from tests.support.blocks import blocks, save, succeeded, typed

PAGE = "docs/how-to/init.md"


def test_the_pages_commands_do_what_it_says(tmp_path: Path) -> None:
    """From the script to its best trial, and to what a cluster gets."""
    save(blocks(PAGE), tmp_path)
    propose, run, render = (block for block in blocks(PAGE) if block.language == "sh")
    assert [block.suite for block in (propose, run, render)] == ["test"] * 3
    (told,) = (block.code for block in blocks(PAGE) if block.language == "text")
    (shown,) = (block.code for block in blocks(PAGE) if block.language == "yaml")
    assert told in succeeded(typed(propose.code, tmp_path)).stderr
    manifest = (tmp_path / "experiment.yaml").read_text()
    assert shown in manifest
    assert "metricsFormat" in manifest
    done = succeeded(typed(run.code, tmp_path))
    assert "experiment.yaml: 0 errors, 0 warnings" in done.stdout
    assert f"{Wishes().max_trials} trials: {Wishes().max_trials} Succeeded" in done.stdout
    assert (tmp_path / "report.html").exists()
    assert "image: registry.example.org/you/train:1" in succeeded(typed(render.code, tmp_path)).stdout


@pytest.mark.parametrize(
    "said",
    [
        "does not start without",
        "has subcommands",
        "reads no arguments, so",
        "was ended",
        "it takes arguments by their place, as sys.argv[1]",
        "it asks a question",
    ],
)
def test_the_refusals_that_it_quotes_are_ours(said: str) -> None:
    """Word for word."""
    sources = "".join(path.read_text() for path in (ROOT / "kfp_katib/proposal").glob("*.py"))
    assert said in sources
    assert said in (ROOT / PAGE).read_text()


def test_it_knows_how_many_are_searched() -> None:
    """The number is in words."""
    assert MOST_SEARCHED == 6
    assert "At most six options" in (ROOT / PAGE).read_text()
