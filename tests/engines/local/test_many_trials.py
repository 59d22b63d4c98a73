# SPDX-License-Identifier: Apache-2.0
"""A long search: its last trials cost what its first ones did (benchmarks/many_trials.py runs 10,000)."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
import pytest

from kfp_katib import run
from kfp_katib.results import Progress
from kfp_katib.trial.trial_folder import TrialFolder
from tests.builders.manifest import LOSS
from tests.builders.search import PRINT, search

TRIALS = 420
AROUND = 100


def test_time_and_memory_do_not_grow_with_the_trials(tmp_path: Path) -> None:
    """The engine's own time, which no other load of this machine changes much."""
    times: list[float] = []
    memory: list[float] = []

    def look(progress: Progress) -> None:
        if progress.completed > len(times):
            times.append(time.process_time())
            memory.append(psutil.Process().memory_info().rss / 1e6)

    numbers = {"name": "lr", "parameterType": "double", "feasibleSpace": {"min": "0.1", "max": "0.9"}}
    spec = {"algorithm": {"algorithmName": "random"}, "parameters": [numbers], "objective": LOSS}
    experiment = search(PRINT, parallelTrialCount=2, maxTrialCount=TRIALS, **spec)
    result = run(experiment, runs=tmp_path, on_update=look)
    assert result.count("Succeeded") == TRIALS
    first = times[AROUND + 20] - times[20]
    last = times[-1] - times[-1 - AROUND]
    assert last < 1.6 * first
    assert memory[-1] - memory[AROUND] < 10


def test_no_log_is_read_before_somebody_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change of one trial is no reason to read what all the others wrote; the Result is."""
    read: list[str] = []
    tail = TrialFolder.log_tail

    def log_tail(folder: TrialFolder) -> str:
        read.append(folder.path.name)
        return tail(folder)

    monkeypatch.setattr(TrialFolder, "log_tail", log_tail)
    seen: list[int] = []
    run(search(PRINT), runs=tmp_path, on_update=lambda _: seen.append(len(read)))
    assert seen == [0] * 6
    assert len(read) == 3
