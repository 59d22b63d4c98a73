# SPDX-License-Identifier: Apache-2.0
"""The example of docs/how-to/own-pipeline.md works as it stands there."""

from __future__ import annotations

from pathlib import Path

from tests.examples.digits.page import shell
from tests.support.blocks import blocks, save, succeeded


def test_a_model_of_ones_own_goes_through_the_whole_pipeline(tmp_path: Path) -> None:
    """Saved and run as the page says, far from the checkout, it promotes a model that is near the truth."""
    *files, command = blocks("docs/how-to/own-pipeline.md")
    save(files, tmp_path)
    done = succeeded(shell(command.code, tmp_path))
    assert "Best trial: line-" in done.stdout
    slope = float((tmp_path / "outputs" / "release" / "slope.txt").read_text())
    assert f"with slope={slope}" in done.stdout
    assert (tmp_path / "outputs" / "report.html").exists()
