# SPDX-License-Identifier: Apache-2.0
"""What docs/how-to/which-python.md says happens."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from kfp_katib.engines.local.trial_environment import THREADS
from tests.places import ROOT
from tests.support.blocks import blocks, save, succeeded, typed

PAGE = "docs/how-to/which-python.md"


def test_the_pages_commands_do_what_it_says(tmp_path: Path) -> None:
    """One after the other: no package, the environment that has it, threads, and an end."""
    save(blocks(PAGE), tmp_path)
    commands = [block for block in blocks(PAGE) if block.language == "sh"]
    assert [block.suite for block in commands] == ["test"] * 5
    made, failing, chosen, threads, removed = (block.code for block in commands)
    failed, first_lines, shared, deleted = (
        alike(each.code) for each in blocks(PAGE) if each.language == "text"
    )
    succeeded(typed(made, tmp_path))
    assert failed.strip() in alike(succeeded(typed(failing, tmp_path)).stderr)
    run = succeeded(typed(chosen, tmp_path))
    assert first_lines in alike(run.stderr)
    assert (
        f"python in a trial is Python {sys.version.split()[0]}, {tmp_path}/project/bin/python." in run.stderr
    )
    assert "4 trials: 4 Succeeded" in run.stdout
    assert f"to paste:\n{tmp_path}/project/bin/python train.py --x=" in run.stdout
    assert run.stdout.splitlines()[-1].startswith("loss=")
    assert shared.strip() in alike(run.stderr)
    run = succeeded(typed(threads, tmp_path))
    assert "share" not in run.stderr
    assert "6 trials: 6 Succeeded" in run.stdout
    run = succeeded(typed(removed, tmp_path))
    assert alike(run.stderr + run.stdout) == deleted
    assert list((tmp_path / "runs").iterdir()) == []


def test_the_page_names_every_variable() -> None:
    """Those that are set, and no others."""
    named = re.findall(r"\b[A-Z_]+(?:THREADS|NPROC)\b", (ROOT / PAGE).read_text())
    assert set(named) == set(THREADS)


def alike(text: str) -> str:
    """The text without what differs between machines: versions, paths, trials' names, numbers."""
    text = re.sub(r"answer-\w{8}\b", "answer-", text)
    text = re.sub(r"Python [\d.]+\d, \S+/python3?\.", "Python.", text)
    return re.sub(r"threads?\b", "threads", re.sub(r"cores?\b", "cores", re.sub(r"[\d.]+ ", "N ", text)))
