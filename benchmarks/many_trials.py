# SPDX-License-Identifier: Apache-2.0
"""A long search: whether its last trials take as long as its first, and whether its memory grows.

Run it as `python benchmarks/many_trials.py [TRIALS]`, with at least 1,000; it prints one table. A random
search runs trials of one shell `echo`, two at a time. A bare shell is timed along the way, since the machine
may become slower.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import psutil

from benchmarks.local_engine import SHORT, Row, experiment
from benchmarks.startup import seconds
from kfp_katib import run
from kfp_katib.results import Progress

TRIALS = 10_000
AROUND = 500
"""The number of trials that one figure covers."""


def bare_milliseconds(count: int = 100) -> float:
    """The time it takes to start a shell at the moment."""
    command = ["sh", "-c", "echo loss=0.5"]
    return (
        seconds(lambda: [subprocess.run(command, capture_output=True) for _ in range(count)]) / count * 1000
    )


@dataclass
class Watch:
    """Records when each trial was completed, and from time to time the memory."""

    times: list[float] = field(default_factory=list)
    memory: dict[int, float] = field(default_factory=dict)
    bare: dict[int, float] = field(default_factory=dict)

    def update(self, progress: Progress) -> None:
        """Record a change; the time that this takes is not counted."""
        if progress.completed > len(self.times):
            self.times.append(time.perf_counter() - sum(self.bare.values()) * 0.1)
            if progress.completed % AROUND == 0:
                self.memory[progress.completed] = psutil.Process().memory_info().rss / 1e6
                self.bare[progress.completed] = bare_milliseconds()

    def milliseconds(self, end: int) -> float:
        """The mean time of a trial among the last ones before a count."""
        return (self.times[end - 1] - self.times[end - AROUND]) / (AROUND - 1) * 1000


def main(trials: int) -> None:
    """Measure, and print the table."""
    watch = Watch()
    with tempfile.TemporaryDirectory() as folder:
        search = experiment(SHORT, trials=trials, parallel=2)
        whole = seconds(lambda: run(search, runs=Path(folder), on_update=watch.update))
        reopened = seconds(lambda: run(search, runs=Path(folder)))
    quarters = {trials * share // 4 // AROUND * AROUND for share in range(1, 5)} - {0}
    last = trials // AROUND * AROUND
    for end in sorted({AROUND, *quarters, last - AROUND}):
        figures = f"{watch.milliseconds(end):.1f} ms, {watch.memory[end]:.0f} MB"
        beside = f"a bare shell {watch.bare[end]:.1f} ms"
        print(f"each of {AROUND} trials up to trial {end:<6} {figures:>18}   {beside}")
    growth = watch.milliseconds(last - AROUND) / watch.milliseconds(AROUND)
    rows = [
        Row(f"time of a trial at {last - AROUND}, beside at {AROUND}", f"{growth:.2f} times", "1.5"),
        Row(f"all {trials} trials", f"{whole:.0f} s", "-"),
        Row("its Result, read anew", f"{reopened:.2f} s", "-"),
    ]
    for row in rows:
        print(f"{row.what:<58} {row.measured:>36}   limit {row.limit}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else TRIALS)
