# SPDX-License-Identifier: Apache-2.0
"""The README's blocks for a cluster, and those of the pages on what it needs, work on this one."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.engines.katib.live.katib import Katib
from tests.places import ROOT
from tests.support.blocks import Block, blocks, typed

MANIFEST = next(block for block in blocks() if block.file == "experiment.yaml")
PAGES = ("README.md", *(f"docs/how-to/{name}.md" for name in ("kubeflow", "s3", "pvc")))
SHOWN = [block for page in PAGES for block in blocks(page) if block.suite == "test-cluster"]


@pytest.mark.cluster
@pytest.mark.parametrize("block", SHOWN, ids=lambda block: block.code.split()[1])
def test_a_block_works_in_the_namespace_of_the_tests(block: Block, katib: Katib, tmp_path: Path) -> None:
    """A reader's commands go through; what they would create goes into the tests' own namespace."""
    if not shutil.which("kubectl"):
        pytest.skip("the README's blocks for a cluster need kubectl on the path")
    (tmp_path / "experiment.yaml").write_text(MANIFEST.code)
    (tmp_path / "deploy").symlink_to(ROOT / "deploy")
    command = re.sub(r"(--namespace|label namespace) (<[\w ]+>|[\w-]+)", rf"\1 {katib.namespace}", block.code)
    command = command.replace("-k deploy/rbac/standalone", "-k deploy/rbac/standalone --dry-run=server")
    done = typed(command, tmp_path)
    assert done.returncode == 0, done.stderr
