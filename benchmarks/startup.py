# SPDX-License-Identifier: Apache-2.0
"""How long a user waits for the first word: importing the package, and checking a manifest.

Run it as `python benchmarks/startup.py`. Each figure is the median of whole processes.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
MANIFEST = str(ROOT / "training/experiment.yaml")
RUNS = 9
COMMANDS = (
    ("an empty Python program", ["-c", ""], "-"),
    ("import kfp_katib", ["-c", "import kfp_katib"], "0.3 s"),
    ("kfp-katib validate", ["-m", "kfp_katib", "validate", MANIFEST], "0.8 s"),
)


def seconds(arguments: list[str]) -> float:
    """The wall time of one process."""
    began = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, capture_output=True)
    return time.perf_counter() - began


def main() -> None:
    """Print the table; the first run of each command warms the disk and is not counted."""
    print(f"{'what':<28}{'median':>10}{'limit':>10}")
    for what, arguments, limit in COMMANDS:
        seconds(arguments)
        taken = statistics.median(seconds(arguments) for _ in range(RUNS))
        print(f"{what:<28}{taken:>8.2f} s{limit:>10}")


if __name__ == "__main__":
    main()
