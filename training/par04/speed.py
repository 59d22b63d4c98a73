# SPDX-License-Identifier: Apache-2.0
"""How long an exported model takes for a shower, run as Par04's macros run it."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import numpy as np

from training.par04.geant4 import open_session

RUNS = 30


def ms_per_shower(model: Path, *, batch: int = 1, optimise: bool = False, runs: int = RUNS) -> float:
    """Return the median of whole calls on one core, divided by the showers of a call.

    It is this thread's own time, in which all of the work is done: neighbours on a busy machine cost nothing.

    Args:
        model: The ONNX file.
        batch: Showers in a call; Par04 takes one at a time.
        optimise: As Par04's setOptimizationFlag, which its macros leave at 0.
        runs: How many calls, after one that is not counted.
    """
    session = open_session(model, optimise=optimise)
    tensor = session.get_inputs()[-1]
    inputs = {tensor.name: np.zeros((batch, tensor.shape[1]), dtype=np.float32)}
    taken = []
    for _ in range(runs + 1):
        began = time.thread_time()
        session.run(None, inputs)
        taken.append(time.thread_time() - began)
    return 1e3 * statistics.median(taken[1:]) / batch
