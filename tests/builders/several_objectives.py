# SPDX-License-Identifier: Apache-2.0
"""Searches in which what makes one metric better makes another worse."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from kfp_katib.experiment.model import Objective
from kfp_katib.results import Result, Trial, TrialState
from tests.builders.experiment import double, experiment, integer, objective, one_of
from tests.builders.result import metric, result, trial

LOSS_AND_SECONDS = objective(compared={"seconds": "min"})
"""Two objectives, both to be minimized."""

SPACE = (integer("width", "8", "512"), double("lr", "0.0001", "0.1"), one_of("precision", "half", "full"))


def valued(
    number: int, *values: str, of: Objective = LOSS_AND_SECONDS, state: TrialState = "Succeeded"
) -> Trial:
    """A trial with these values of the objective's metrics, in their order; an empty text is none."""
    metrics = {name: metric(text) for name, text in zip(of.metrics, values, strict=False) if text}
    return trial(number, state=state, metrics=metrics)


def compared(of: Objective, *rows: Sequence[str]) -> Result:
    """A search that has ended, whose trials have these values."""
    return result([valued(number, *row, of=of) for number, row in enumerate(rows)], experiment(objective=of))


def traded(count: int, of: Objective = LOSS_AND_SECONDS) -> Result:
    """A search of so many trials, the same each time: wide models are good and slow, and some diverge."""
    draw = random.Random(count)
    return result(
        [_drawn(number, of, draw) for number in range(count)], experiment("tpe", SPACE, objective=of)
    )


def _drawn(number: int, of: Objective, draw: random.Random) -> Trial:
    width, lr, precision = draw.randint(8, 512), 10 ** draw.uniform(-4, -1), draw.choice(["half", "full"])
    loss = 0.2 + 8 / width + draw.expovariate(8) + (40 * draw.random() if draw.random() < 0.04 else 0)
    seconds = (2 + width / 8) * (0.6 if precision == "half" else 1) * draw.uniform(0.9, 1.6)
    known: Mapping[str, float] = {
        "loss": loss,
        "seconds": seconds,
        "accuracy": 1 / (0.5 + loss),
        "memory": width**1.5,
    }
    values = {name: metric(repr(known.get(name, draw.random()))) for name in of.metrics}
    state: TrialState = "Failed" if draw.random() < 0.05 else "Succeeded"
    parameters = {"width": str(width), "lr": repr(lr), "precision": precision}
    return trial(number, state=state, metrics=values if state == "Succeeded" else {}, parameters=parameters)
