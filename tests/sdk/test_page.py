# SPDX-License-Identifier: Apache-2.0
"""docs/how-to/from-katib-client.md works as it stands there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.sdk.conftest import Program
from tests.support.blocks import blocks, carry_out, save, succeeded
from tests.support.compiling import run_compile

PAGE = "docs/how-to/from-katib-client.md"

pytestmark = pytest.mark.timeout(300)


def test_every_block_says_which_suite_runs_it() -> None:
    """None stands there that nothing runs."""
    assert [block.suite for block in blocks(PAGE)] == ["test", "test", "test"]


def test_a_call_of_tune_becomes_a_step(program: Program, tmp_path: Path) -> None:
    """Written without a cluster, run by the command, then by a pipeline, each block as it is saved."""
    call, commands, pipeline = blocks(PAGE)
    save([call], tmp_path)
    program("katib", str(tmp_path / call.file))
    assert json.loads((tmp_path / "experiment.json").read_text())["metadata"] == {"name": "my-tune"}
    done = succeeded(carry_out(commands, tmp_path))
    assert "experiment.json: 0 errors, 0 warnings" in done.stdout + done.stderr
    assert (tmp_path / "report.html").exists()
    run_compile(tmp_path / "build")
    done = succeeded(carry_out(pipeline, tmp_path))
    found = re.search(r"^best: (\{.*\})$", done.stdout, re.MULTILINE)
    assert found
    assert set(json.loads(found[1])) == {"lr", "layers", "optimizer"}
