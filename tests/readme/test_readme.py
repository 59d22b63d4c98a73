# SPDX-License-Identifier: Apache-2.0
"""Everything that the README shows works."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from tests.places import ROOT
from tests.readme.picture import arrows
from tests.support.blocks import Block, blocks, carry_out, save, succeeded


def story() -> list[Block]:
    """The blocks that are run here, one after the other in one folder: not those of another test."""
    return [block for block in blocks() if block.suite == "test" and "tests/" not in block.more]


def test_the_blocks_work_in_their_order(folder: Path) -> None:
    """A reader who copies the blocks one after the other gets no error."""
    save(story(), folder)
    printed = [succeeded(carry_out(block, folder)).stdout for block in story() if not block.file]
    checked_and_run, python, extended = printed
    assert "experiment.yaml: 0 errors, 0 warnings" in checked_and_run
    assert "6 trials: 6 Succeeded" in checked_and_run
    assert (folder / "report.html").stat().st_size > 0
    assert re.match(r"Succeeded 0\.\d+ \{'lr': 0\.\d+, 'batch_size': (16|32|64)\}\n", python)
    assert "8 trials: 8 Succeeded" in extended
    assert re.search(r"^my-search +Succeeded +8/8 ", extended, re.MULTILINE)


def test_the_readme_is_short_and_shows_its_pictures() -> None:
    """Three screens of text; both pictures are small enough to come at once."""
    text = (ROOT / "README.md").read_text()
    assert len(text.splitlines()) <= 180
    pictures = [ROOT / name for name in re.findall(r'<img src="([^"]+)"', text)]
    assert len(pictures) == 2
    assert sum(picture.stat().st_size for picture in pictures) < 200_000


def test_the_picture_is_the_compiled_pipeline() -> None:
    """The README's arrows are those of the pipeline that compile.py writes."""
    picture = next(block.code for block in blocks() if block.language == "mermaid")
    drawn = set(re.findall(r"^ +([\w-]+) -->\|[^|]*\| ([\w-]+)$", picture, re.MULTILINE))
    compiled = yaml.safe_load_all((ROOT / "tests/golden/tune-local.yaml").read_text())
    assert drawn == arrows(next(compiled))
