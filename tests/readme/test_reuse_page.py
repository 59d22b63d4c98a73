# SPDX-License-Identifier: Apache-2.0
"""What docs/how-to/reuse-a-component.md says works, with the script and manifest that it names."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

import components
from tests.places import ROOT
from tests.support.blocks import blocks, commands, save, succeeded, typed

PAGE = "docs/how-to/reuse-a-component.md"


def test_the_launcher_runs_in_a_pipeline_of_ones_own(folder: Path) -> None:
    """Its best parameters reach the next component, with whole numbers as they are; then it is compiled."""
    save(blocks("docs/how-to/progress.md") + blocks(PAGE), folder)
    compiling, running, for_a_cluster = commands(PAGE)
    here = {"PYTHONPATH": str(folder)}
    succeeded(typed(compiling.code, folder, **here))
    printed = succeeded(typed(running.code, folder, **here)).stdout
    assert re.search(r"^best: train\.py --lr=0\.\d+ --batch_size=\d+$", printed, re.MULTILINE)
    succeeded(typed(for_a_cluster.code, folder, **here))
    compiled = yaml.safe_load((folder / "my_pipeline.yaml").read_text())
    assert set(compiled["root"]["dag"]["tasks"]) == {"launch-katib", "train-again"}


def test_the_page_names_every_component() -> None:
    """But those for Vertex AI, which has a page of its own."""
    text = (ROOT / PAGE).read_text()
    names = {name for name in components.__all__ if name.islower() and not name.startswith("vertex_")}
    assert {name for name in names if f"`{name}`" not in text and name not in text} == set()
