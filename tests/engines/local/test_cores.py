# SPDX-License-Identifier: Apache-2.0
"""How many cores there are to share out: not more than a container may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kfp_katib.engines.local.cores import usable_cores


@pytest.fixture(autouse=True)
def _eight_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that lets this process use eight."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)


def written(folder: Path, **files: str) -> Path:
    """A folder with these files, `_` for a folder within it."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.mark.parametrize(
    ("limit", "usable"),
    [
        ("max 100000\n", 8),
        ("400000 100000\n", 4),
        ("250000 100000\n", 3),
        ("50000 100000\n", 1),
        ("3200000 100000\n", 8),
        ("", 8),
        ("4 cores\n", 8),
        ("100 0\n", 8),
    ],
    ids=["none", "four", "two and a half", "half a core", "more than there are", "empty", "odd", "no period"],
)
def test_a_containers_quota_counts(tmp_path: Path, limit: str, usable: int) -> None:
    """Half a core more is one more, as for joblib; a file that says something else is no limit."""
    assert usable_cores(written(tmp_path, **{"cpu.max": limit})) == usable


@pytest.mark.parametrize(("quota", "usable"), [("200000\n", 2), ("-1\n", 8)])
def test_the_first_version_of_control_groups_counts(tmp_path: Path, quota: str, usable: int) -> None:
    """It has a file for each of the two numbers."""
    files = {"cpu/cpu.cfs_quota_us": quota, "cpu/cpu.cfs_period_us": "100000\n"}
    assert usable_cores(written(tmp_path, **files)) == usable


def test_the_affinity_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slurm and taskset give a process some of the cores."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 5}, raising=False)
    assert usable_cores(tmp_path) == 2


def test_a_system_without_affinity_has_all_its_cores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That is macOS, which has no control groups either."""
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert usable_cores(tmp_path / "nowhere") == 6
