# SPDX-License-Identifier: Apache-2.0
"""Everything that the README shows works."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from tests.places import ROOT
from tests.readme.picture import arrows
from tests.support.blocks import Block, blocks, carry_out, succeeded


def story() -> list[Block]:
    """The blocks that this suite runs in one folder, one after the other; the make targets run apart."""
    return [block for block in blocks() if block.suite == "test" and not block.code.startswith("make ")]


def test_the_blocks_work_in_their_order(folder: Path) -> None:
    """A reader who copies the blocks one after the other gets no error."""
    printed = ""
    for block in story():
        if block.file:
            (folder / block.file).write_text(block.code)
            continue
        printed = succeeded(carry_out(block, folder)).stdout
    assert re.search(r"^best: train\.py --lr=0\.\d+ --batch_size=(16|32|64)$", printed, re.MULTILINE)


def test_the_picture_is_the_compiled_pipeline() -> None:
    """The README's arrows are those of the pipeline that compile.py writes."""
    picture = next(block.code for block in blocks() if block.language == "mermaid")
    drawn = set(re.findall(r"^ +([\w-]+) -->\|[^|]*\| ([\w-]+)$", picture, re.MULTILINE))
    compiled = yaml.safe_load_all((ROOT / "tests/golden/tune-local.yaml").read_text())
    assert drawn == arrows(next(compiled))
