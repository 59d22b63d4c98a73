# SPDX-License-Identifier: Apache-2.0
"""Two trials at a time whose numerical libraries share out the cores, beside two that each take all of them.

Run it as `python benchmarks/threads.py`; it prints one table, in less than a minute. Each trial trains
scikit-learn's gradient boosting and multiplies matrices, which OpenMP and OpenBLAS spread over all cores by
themselves. A search that takes longer than half of that minute is stopped.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Literal

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.local_engine import Row, experiment
from benchmarks.startup import seconds
from kfp_katib import run
from kfp_katib.engines.local.cores import usable_cores
from kfp_katib.engines.local.trial_environment import THREADS
from kfp_katib.engines.options import Options

TRAIN = """
import sys
import numpy
from sklearn.ensemble import HistGradientBoostingRegressor

chance = numpy.random.default_rng(0)
x = chance.normal(size=(4000, 20))
y = x[:, 0] * x[:, 1] + chance.normal(size=4000)
model = HistGradientBoostingRegressor(learning_rate=float(sys.argv[1]), max_iter=300, early_stopping=False)
loss = ((model.fit(x, y).predict(x) - y) ** 2).mean()
for _ in range(12):
    numpy.linalg.svd(chance.normal(size=(300, 300)))
print(f"loss={loss}")
"""
TRIALS = 2
MOST_SECONDS = 25.0


def search_seconds(folder: Path, threads: Literal["unset"] | None) -> float:
    """How long two trials take, both at a time."""
    script = f"python {folder}/train.py ${{trialParameters.lr}}"
    wanted = experiment(script, trials=TRIALS, parallel=TRIALS)
    options = Options(timeout_seconds=MOST_SECONDS, on_timeout="best_so_far", threads_per_trial=threads)
    options["runs"] = folder / str(threads)
    return seconds(lambda: run(wanted, **options))


def shown(taken: float) -> str:
    """A time, as far as it is known."""
    return f"{taken:.1f} s" if taken < MOST_SECONDS else f"more than {MOST_SECONDS:g} s"


def main() -> None:
    """Measure, and print the table."""
    for name in THREADS:
        os.environ.pop(name, None)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "train.py").write_text(TRAIN)
        shared, unset = search_seconds(folder, None), search_seconds(folder, "unset")
    rows = [
        Row(f"{TRIALS} trials of scikit-learn at a time on {usable_cores()} cores", shown(shared), "-"),
        Row("the same with --threads-per-trial unset", shown(unset), "-"),
        Row("the cores shared out, beside that", f"{shared / unset:.2f} times", "1.1"),
    ]
    for row in rows:
        print(f"{row.what:<58} {row.measured:>36}   limit {row.limit}")


if __name__ == "__main__":
    main()
