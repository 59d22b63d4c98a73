# SPDX-License-Identifier: Apache-2.0
"""Everything that the README shows works."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.readme.blocks import ROOT, Block, blocks
from tests.readme.picture import arrows

SUITES = ("run", "test", "test-cluster", "test-kfp", "test-images")


def story() -> list[Block]:
    """The blocks that this suite runs in one folder, one after the other; the make targets run apart."""
    return [block for block in blocks() if block.suite == "test" and not block.code.startswith("make ")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder where the project's own commands work, as in a checkout."""
    for name in ("compile.py", "components", "pipelines", "training", "kfp_katib"):
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path


def carry_out(block: Block, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run one block as a reader would: a shell with this environment first on its path."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = ["sh", "-e", "-c", block.code] if block.language == "sh" else ["python", "-c", block.code]
    if block.language == "python":  # kfp reads a component's or pipeline's source from its file
        (folder / "snippet.py").write_text(block.code)
        command = ["python", "snippet.py"]
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(folder)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_every_block_says_which_suite_runs_it() -> None:
    """No block stands in the README that nothing runs; the picture is compared, not run."""
    silent = [block.code for block in blocks() if block.language != "mermaid" and block.suite not in SUITES]
    assert silent == []


def test_the_blocks_work_in_their_order(folder: Path) -> None:
    """A reader who copies the blocks one after the other gets no error."""
    for block in story():
        if block.file:
            (folder / block.file).write_text(block.code)
            continue
        done = carry_out(block, folder)
        assert done.returncode == 0, f"{block.code}\n{done.stdout}\n{done.stderr}"


def test_the_picture_is_the_compiled_pipeline() -> None:
    """The README's arrows are those of the pipeline that compile.py writes."""
    picture = next(block.code for block in blocks() if block.language == "mermaid")
    drawn = set(re.findall(r"^ +([\w-]+) -->\|[^|]*\| ([\w-]+)$", picture, re.MULTILINE))
    compiled = yaml.safe_load_all((ROOT / "tests/golden/tune-local.yaml").read_text())
    assert drawn == arrows(next(compiled))
