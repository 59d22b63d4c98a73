# SPDX-License-Identifier: Apache-2.0
"""The manifests that pages show pass the check that the tutorial teaches."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfp_katib.experiment import check
from tests.places import ROOT
from tests.support.blocks import blocks

PAGES = [
    ROOT / "README.md",
    *ROOT.glob("docs/**/*.md"),
    *ROOT.glob("training/*.md"),
    *ROOT.glob("examples/*/*.md"),
]
SHOWN = [
    pytest.param(block.code, id=f"{page.relative_to(ROOT)}:{block.file}")
    for page in sorted(PAGES)
    for block in blocks(str(page.relative_to(ROOT)))
    if block.language == "yaml" and {"kind: Experiment", "  trialTemplate:"} <= set(block.code.splitlines())
]
TOLD_ON_THE_PAGE = {"pbt-cannot-resume"}
"""Katib alone stumbles over it, which docs/how-to/population.md says."""


def test_there_are_such_manifests() -> None:
    """One in the README, and one in most guides."""
    assert len(SHOWN) > 10


@pytest.mark.parametrize("manifest", SHOWN)
def test_a_manifest_that_is_shown_has_no_warning(manifest: str, tmp_path: Path) -> None:
    """A reader copies it, and looks at what `kfp-katib validate` says of it."""
    (tmp_path / "experiment.yaml").write_text(manifest)
    found = check(tmp_path / "experiment.yaml")
    assert {problem.rule for problem in found} <= TOLD_ON_THE_PAGE
