# SPDX-License-Identifier: Apache-2.0
"""Storage compared with the commands that do the same without checksums: `cp -r` and `rm -rf`.

Run by `make bench`. Every pair is timed alternately in one run, on data in the page cache;
the table gives medians of wall-clock seconds and their ratio.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from kfp_katib.storage import prune
from kfp_katib.storage.checkpoint import read_at
from kfp_katib.storage.copies import replace
from kfp_katib.storage.places import place
from tests.builders.model import write_model
from tests.places import ROOT

GIGABYTE = 10**9
REPEATS = 5
FOLDERS = 10_000
SCRATCH = ROOT / "build"  # on the disk; a temporary folder may be in memory


def main() -> None:
    """Print the table."""
    print(f"{'what':<44} {'ours s':>8} {'command s':>10} {'ratio':>6} {'target':>7}")
    SCRATCH.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=SCRATCH) as scratch:
        root = Path(scratch)
        for count, target in ((8, 2.0), (1, 3.5)):
            source = root / f"source-{count}"
            write_model(str(source), {f"weights-{i}": os.urandom(GIGABYTE // count) for i in range(count)})
            ours, theirs = copy_times(source, root)
            show(f"copy 1 GB in {count} file(s), against cp -r", ours, theirs, target)
            shutil.rmtree(source)
        ours, theirs = prune_times(root)
        show(f"prune {FOLDERS:,} checkpoint folders, against rm -rf", ours, theirs, 2.0)


def show(what: str, ours: list[float], theirs: list[float], target: float) -> None:
    """Print one row."""
    mine, other = statistics.median(ours), statistics.median(theirs)
    print(f"{what:<44} {mine:>8.3f} {other:>10.3f} {mine / other:>6.2f} {target:>6.1f}x")


def seconds(work: Callable[[], object]) -> float:
    """The wall-clock time of one call, after earlier writes have reached the disk."""
    os.sync()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def copy_times(source: Path, root: Path) -> tuple[list[float], list[float]]:
    """The times of our copy and of `cp -r`, alternately."""
    ours, theirs, copied = [], [], root / "ours"
    for _ in range(REPEATS):
        ours.append(seconds(lambda: replace(read_at(place(source)), place(source), place(copied))))
        shutil.rmtree(copied)
        theirs.append(seconds(lambda: subprocess.run(["cp", "-r", source, root / "theirs"], check=True)))
        shutil.rmtree(root / "theirs")
    return ours, theirs


def prune_times(root: Path) -> tuple[list[float], list[float]]:
    """The times of our prune, which verifies the copy, and of `rm -rf`, alternately, on equal trees."""
    ours, theirs, copied = [], [], root / "copy"
    names = [f"tune-{index}" for index in range(FOLDERS)]
    for _ in range(3):
        make_experiment(root / "models" / "tune")
        shutil.copytree(root / "models" / "tune" / "tune-0", copied)
        ours.append(
            seconds(lambda: prune(root / "models", "tune", names[0], trials=names, copy=copied, keep=0))
        )
        shutil.rmtree(copied)
        make_experiment(root / "models" / "tune")
        theirs.append(seconds(lambda: subprocess.run(["rm", "-rf", root / "models" / "tune"], check=True)))
    return ours, theirs


def make_experiment(folder: Path) -> None:
    """Write checkpoint folders, each of two files and a model.json."""
    for index in range(FOLDERS):
        write_model(str(folder / f"tune-{index}"), {"weights": b"weights", "optimizer": b"optimizer"})


if __name__ == "__main__":
    main()
