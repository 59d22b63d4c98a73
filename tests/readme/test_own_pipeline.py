# SPDX-License-Identifier: Apache-2.0
"""The example of docs/own-pipeline.md works as it stands there."""

from __future__ import annotations

from pathlib import Path

from tests.readme.blocks import blocks, carry_out


def test_a_model_of_ones_own_goes_through_the_whole_pipeline(folder: Path) -> None:
    """Saved and run as the page says, it ends with a released model that is near the truth."""
    *files, command = blocks("docs/own-pipeline.md")
    for block in files:
        (folder / block.file).write_text(block.code)
    done = carry_out(command, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Best trial: line-" in done.stdout
    slope = float((folder / "local_outputs" / "release" / "slope.txt").read_text())
    assert f"with slope={slope}" in done.stdout
    assert (folder / "local_outputs" / "report.html").exists()
