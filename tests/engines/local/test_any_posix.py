# SPDX-License-Identifier: Apache-2.0
"""The local engine needs a POSIX system, and nothing of Linux alone."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kfp_katib import run
from kfp_katib.engines.local import supervisor
from kfp_katib.errors import InputError
from tests.builders.search import PRINT, search
from tests.engines.local.drive import alive, pids
from tests.engines.local.test_strays import WAYS, leaving
from tests.places import ROOT

NAMES_IT_FOR_A_MANIFEST = ROOT / "kfp_katib/experiment/rules/injected.py"
"""A rule on what a trial in a cluster may mount."""

WATCHED = """
import os, sys
seen = []

def hook(event, args):
    if event in ("open", "os.listdir", "os.scandir") and str(args[0]).startswith("/proc"):
        frame = sys._getframe()
        while frame and not any(f"/{name}/" in frame.f_code.co_filename for name in ("psutil", "kfp_katib")):
            frame = frame.f_back
        seen.append(frame.f_code.co_filename if frame else "")

sys.addaudithook(hook)
from kfp_katib import run
from tests.builders.search import PRINT, search
runs = sys.argv[1]
assert run(search(PRINT), runs=runs).succeeded
assert run(search(PRINT), runs=runs, again=True).succeeded
assert seen, "not even psutil"
print([each for each in seen if "/kfp_katib/" in each])
"""


def texts(file: Path) -> Iterator[str]:
    """The strings in a module that are no docstrings."""
    for node in ast.walk(ast.parse(file.read_text())):
        for child in ast.iter_child_nodes(node):
            if (
                isinstance(child, ast.Constant)
                and isinstance(child.value, str)
                and not isinstance(node, ast.Expr)
            ):
                yield child.value


def test_no_module_names_proc() -> None:
    """What only Linux has is psutil's to read."""
    files = [*(ROOT / "kfp_katib").rglob("*.py"), *(ROOT / "components").rglob("*.py")]
    assert len(files) > 50
    found = [file for file in files if any("/proc" in text for text in texts(file))]
    assert found == [NAMES_IT_FOR_A_MANIFEST]


def test_an_engine_opens_nothing_in_proc(tmp_path: Path) -> None:
    """A search, and one that is started anew, which looks for orphans."""
    command = [sys.executable, "-c", WATCHED, str(tmp_path)]
    output = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert output.stdout == "[]\n", output.stderr


@pytest.mark.parametrize("way", [way for way in WAYS if way != "bare daemon"])
def test_a_stray_ends_with_its_trial_where_nobody_adopts_orphans(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """It is found by its group, its session, or the mark in its environment, as on macOS."""
    monkeypatch.setattr(supervisor, "_OPTIONS", ("--no-subreaper",))
    script = f"rm -f {tmp_path}/*.pid; {leaving(tmp_path, way)}; {PRINT}"
    assert run(search(script, maxTrialCount=2), runs=tmp_path / "runs").succeeded
    assert pids(tmp_path)
    assert not alive(tmp_path)


def test_windows_is_refused_before_anything_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence, with the way on."""
    experiment = search(PRINT)
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(
        InputError, match=r"^The local engine runs on Linux and macOS; on Windows, run it in WSL\.$"
    ):
        run(experiment, runs=tmp_path)
    assert not list(tmp_path.iterdir())
