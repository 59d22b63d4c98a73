# SPDX-License-Identifier: Apache-2.0
"""`make shape` prints figures beside their guides; what waits for whole processes is left out here."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import shape


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of three modules and a test, in which nobody waits."""
    monkeypatch.setattr(shape, "ROOT", tmp_path)
    monkeypatch.setattr(shape, "waits", lambda repeats: [("import kfp_katib", 0.04), ("Python", 0.02)])
    files = {
        "kfp_katib/a/same.py": "def one():\n    return 1\n\n\ndef two():\n    x = 2\n    return x\n",
        "kfp_katib/engines/local/same.py": "\n" * 251,
        "kfp_katib/errors.py": "",
        "tests/test_a.py": "\n" * 129,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_every_figure_stands_beside_its_guide(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Sizes, functions, names, times."""
    shape.main()
    rows = {line[:46].strip(): line[46:].split() for line in capsys.readouterr().out.splitlines()}
    assert rows["lines"] == ["258", "12,500"]
    assert rows["files"] == ["3", "115"]
    assert rows["lines of tests for each of code"] == ["0.50", "1"]
    assert rows["a function's lines: median"] == ["2.5", "8"]
    assert rows["import kfp_katib"] == ["0.04", "s", "0.05", "s"]
    assert "Python" not in rows
    assert rows["engines/local"] == ["251", "1"]
    assert rows["(top)"] == ["0", "1"]


def test_what_is_beyond_a_guide_is_named(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A long file, and a name that occurs twice."""
    shape.main()
    told = capsys.readouterr().out
    assert "  kfp_katib/engines/local/same.py 251\n" in told
    assert "  same.py: kfp_katib/a, kfp_katib/engines/local\n" in told
