# SPDX-License-Identifier: Apache-2.0
"""Results as searches leave them, of any size: several at a time, some failed, some diverged, with curves."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from datetime import timedelta

from kfp_katib.experiment import FeasibleSpace, Parameter
from kfp_katib.results import Metric, Result, Trial, TrialState
from tests.builders.experiment import double, experiment, integer, one_of
from tests.builders.result import START, result

PARAMETERS = (
    double("learning_rate", "0.00001", "0.1", distribution="logUniform"),
    integer("batch_size", "16", "256"),
    double("dropout", "0", "0.5"),
    one_of("activation", "relu", "gelu", "silu"),
    Parameter("layers", "discrete", FeasibleSpace(list=("1", "2", "4", "8"))),
)
PARALLEL = 4
LOG = "Traceback (most recent call last):\n  File 'train.py', line 12, in <module>\nMemoryError\n"


def searched(count: int, *, parameters: Sequence[Parameter] = PARAMETERS, curves: bool = True) -> Result:
    """A search of so many trials, the same each time."""
    chance = random.Random(count)
    free = [START] * PARALLEL
    trials = []
    for number in range(count):
        place = free.index(min(free))
        began = free[place] + timedelta(seconds=chance.uniform(0.5, 8))
        ended = began + timedelta(seconds=chance.uniform(40, 90))
        trial = _trial(number, _values(parameters, chance), chance, curves=curves)
        lasting = ended if trial.state != "Failed" else began + timedelta(seconds=chance.uniform(2, 20))
        free[place] = lasting
        ending = None if trial.state == "Running" else lasting
        trials.append(_at(trial, began, ending))
    return result(trials, experiment("tpe", parameters, parallel=PARALLEL, budget=count))


def _at(trial: Trial, began: object, ended: object) -> Trial:
    from dataclasses import replace

    return replace(trial, started=began, ended=ended)  # type: ignore[arg-type]


def _values(parameters: Sequence[Parameter], chance: random.Random) -> dict[str, str]:
    return {each.name: _value(each, chance) for each in parameters}


def _value(parameter: Parameter, chance: random.Random) -> str:
    space = parameter.space
    if space.list:
        return chance.choice(space.list)
    low, high = float(space.min), float(space.max)
    if parameter.type == "int":
        return str(chance.randint(int(low), int(high)))
    if space.distribution == "logUniform":
        return repr(math.exp(chance.uniform(math.log(low), math.log(high))))
    return repr(chance.uniform(low, high))


def _trial(number: int, values: dict[str, str], chance: random.Random, *, curves: bool) -> Trial:
    state: TrialState = chance.choices(("Succeeded", "Failed", "EarlyStopped", "Killed"), (85, 6, 7, 2))[0]
    loss = _loss(values, number, chance)
    curve = _curve(loss, chance) if curves else ()
    if state in ("EarlyStopped", "Failed", "Killed"):
        curve = curve[: chance.randint(2, 12)]
        loss = curve[-1][1] if curve else loss
    text = "nan" if chance.random() < 0.02 else repr(loss)
    valued = state in ("Succeeded", "EarlyStopped")
    return Trial(
        name=f"tune-{number:08x}",
        parameters=values,
        state=state,
        reason=f"Trial{state}",
        metrics={"loss": Metric(text, text, text)} if valued else {},
        exit_code=1 if state == "Failed" else 0,
        log_tail=LOG if state == "Failed" else "epoch 1\n",
        curve=curve,
    )


def _loss(values: dict[str, str], number: int, chance: random.Random) -> float:
    rate = math.log10(float(values.get("learning_rate", "0.001"))) + 3
    loss = 0.05 + 0.04 * rate * rate + 0.1 * float(values.get("dropout", "0")) + chance.gauss(0, 0.01)
    loss += 0.08 if values.get("activation") == "relu" else 0.0
    loss = abs(loss) + 0.1 / (1 + number / 20)
    return loss * 10 ** chance.uniform(1, 7) if chance.random() < 0.03 else loss


def _curve(last: float, chance: random.Random) -> tuple[tuple[int, float], ...]:
    rate = chance.uniform(0.05, 0.3)
    return tuple(
        (step, last + 1.5 * math.exp(-rate * step) * (1 + chance.gauss(0, 0.05))) for step in range(1, 41)
    )
