# SPDX-License-Identifier: Apache-2.0
"""How long a user waits: for the first word, for the first trial, and for a whole command.

Run it as `python benchmarks/startup.py`. The first figures are medians of whole processes; the last one is a
search of 100 trials of 0.2 s, two at a time, from the command to its exit, compared with `xargs -P2` and the
same shell command. `benchmarks/local_engine.py` measures the library alone, without the command.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.builders.manifest import double, manifest
from tests.places import ROOT

MANIFEST = str(ROOT / "training/experiment.yaml")
SLEEP = "sleep 0.2 && echo loss=${trialParameters.lr}"
TRIALS = 100


def python(*arguments: str, folder: Path = ROOT) -> None:
    """Run Python in a folder, and wait for it."""
    subprocess.run([sys.executable, *arguments], cwd=folder, check=True, capture_output=True)


def kfp_katib(*arguments: str, folder: Path = ROOT) -> None:
    """Run the command in a folder, and wait for it."""
    python("-m", "kfp_katib", *arguments, folder=folder)


def seconds(action: Callable[[], object]) -> float:
    """How long an action takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def until_first_trial() -> float:
    """The time from the command `run` until its first trial does something."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, f"touch {folder}/$$$$.started; echo loss=${{trialParameters.lr}}", trials=2)
        began = time.time()
        kfp_katib("run", "experiment.yaml", folder=folder)
        return min(file.stat().st_mtime for file in folder.glob("*.started")) - began


def write(folder: Path, script: str, *, trials: int) -> None:
    """Write the manifest of a random search whose trials run one shell command."""
    text = manifest(
        "sh",
        "-c",
        script,
        algorithm={"algorithmName": "random"},
        parameters=[double("lr", "0.01", "0.1")],
        maxTrialCount=trials,
    )
    (folder / "experiment.yaml").write_text(text)


def whole_command() -> tuple[float, float]:
    """The time of a search from the command to its exit, and of `xargs -P2` with the same command."""
    with tempfile.TemporaryDirectory() as name:
        write(Path(name), SLEEP, trials=TRIALS)
        ours = seconds(lambda: kfp_katib("run", "experiment.yaml", folder=Path(name)))
    return ours, seconds(lambda: xargs(TRIALS))


def xargs(count: int) -> None:
    """Run the same shell command `count` times, two at a time, with xargs."""
    lines = "\n".join(map(str, range(count)))
    command = ["xargs", "-P2", "-I{}", "sh", "-c", "sleep 0.2 && echo loss={}"]
    subprocess.run(command, input=lines, text=True, stdout=subprocess.DEVNULL, check=True)


def waits(repeats: int) -> Sequence[tuple[str, float]]:
    """What a user waits for, and the median time; the first run warms the disk and is not counted."""
    measured: tuple[tuple[str, Callable[[], float]], ...] = (
        ("an empty Python program", lambda: seconds(lambda: python("-c", ""))),
        ("import kfp_katib", lambda: seconds(lambda: python("-c", "import kfp_katib"))),
        ("kfp-katib validate", lambda: seconds(lambda: kfp_katib("validate", MANIFEST))),
        ("kfp-katib run, to its first trial", until_first_trial),
    )
    return [
        (what, statistics.median([measure() for _ in range(repeats + 1)][1:])) for what, measure in measured
    ]


LIMITS = {
    "import kfp_katib": 0.05,
    "kfp-katib validate": 0.2,
    "kfp-katib run, to its first trial": 0.4,
}
"""In seconds."""


def main() -> None:
    """Print the table."""
    for what, taken in waits(repeats=9):
        limit = f"{LIMITS[what]:g} s" if what in LIMITS else "-"
        print(f"{what:<58}{taken:>8.2f} s   limit {limit}")
    ours, peer = whole_command()
    share = f"{peer / ours:.1%} ({ours:.2f} s, xargs {peer:.2f} s)"
    print(f"{f'kfp-katib run, {TRIALS} trials of 0.2 s, beside xargs -P2':<58}{share}")


if __name__ == "__main__":
    main()
