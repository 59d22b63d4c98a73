# SPDX-License-Identifier: Apache-2.0
"""A search as large on a page as a search of so many trials may be."""

from __future__ import annotations

import random
from dataclasses import replace

from kfp_katib.results import Metric, Result, Trial, TrialState
from tests.builders.experiment import experiment, objective
from tests.builders.result import result, trial


def noisy(count: int) -> Result:
    """A search whose every number has all its digits, as in real ones, and with curves as long as can be."""
    draw = random.Random(count)
    of = experiment("tpe", objective=objective(additional=["val_loss", "time"]))

    def one(number: int) -> Trial:
        values = {name: Metric(*(repr(draw.random()) for _ in range(3))) for name in of.objective.metrics}
        parameters = {
            "lr": repr(draw.random()),
            "batch_size": str(draw.randrange(16, 128)),
            "activation": "relu",
        }
        log = "\n".join(f"epoch={epoch} loss={draw.random():.6f}" for epoch in range(20))
        state: TrialState = "Failed" if draw.random() < 0.1 else "Succeeded"
        made = trial(number, state=state, metrics=values, parameters=parameters)
        return replace(made, log_tail=log, curve=tuple((step, draw.random()) for step in range(200)))

    return result([one(number) for number in range(count)], of)
