# SPDX-License-Identifier: Apache-2.0
"""The words for `Experiment.build`: what is searched, and what makes one trial better than another.

`double`, `int` and `categorical` are those of `kubeflow.katib.search`, with the same arguments in the same
order. They differ in what they are good for: `log` searches on a logarithmic scale, and the values of
`categorical` arrive where Katib looks for them (katib#2625).

    from kfp_katib import Experiment, search

    experiment = Experiment.build(
        name="tune",
        objective=search.minimize("loss"),
        parameters={"lr": search.double(1e-4, 1e-1, log=True), "batch_size": search.int(16, 128, step=16)},
        command=["python", "train.py"],
        max_trials=12,
    )
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence

from kfp_katib.errors import InputError
from kfp_katib.experiment.defaults import STRATEGIES
from kfp_katib.experiment.parts import (
    DIRECTIONS,
    Direction,
    FeasibleSpace,
    Objective,
    Parameter,
    ParameterType,
    Strategy,
)

__all__ = ["categorical", "discrete", "double", "int", "maximize", "minimize"]

_Number = builtins.int | float


def double(min: float, max: float, step: float | None = None, *, log: bool = False) -> Parameter:
    """A real number from `min` to `max`, both included.

    Args:
        min: The smallest value.
        max: The largest value.
        step: The distance between two values; None for any value between.
        log: Whether to search on a logarithmic scale, on which 0.001 to 0.01 is as long as 0.01 to 0.1: for
            learning rates and other values of unknown magnitude. `min` is above 0 then.
    """
    return _range("double", min, max, step, log)


def int(  # noqa: A001 # what kubeflow.katib.search calls it
    min: builtins.int, max: builtins.int, step: builtins.int | None = None, *, log: bool = False
) -> Parameter:
    """A whole number from `min` to `max`, both included.

    Args:
        min: The smallest value.
        max: The largest value.
        step: The distance between two values; None for 1.
        log: Whether to search on a logarithmic scale, as for `double`.
    """
    return _range("int", min, max, step, log)


def categorical(list: Sequence[str | _Number]) -> Parameter:
    """One of several values without an order.

    Args:
        list: The values. A trial gets each as `str` writes it: `True` for True.

    Raises:
        InputError: It is text, not a list.
    """
    return Parameter("", "categorical", FeasibleSpace(list=_texts("categorical", list)))


def discrete(list: Sequence[_Number]) -> Parameter:
    """One of several numbers, whose order counts.

    Args:
        list: The numbers.

    Raises:
        InputError: It is text, not a list.
    """
    return Parameter("", "discrete", FeasibleSpace(list=_texts("discrete", list)))


def minimize(
    metric: str,
    *,
    goal: float | None = None,
    additional: Sequence[str] | Mapping[str, Strategy] = (),
    strategy: Strategy = "min",
) -> Objective:
    """The smaller the metric, the better.

    Args:
        metric: Its name, as a trial prints it: `loss` where that is `loss=0.25`.
        goal: The search ends once a trial reaches this value; None to spend the whole budget.
        additional: Metrics that are collected beside it. A list of them is compared in nothing;
            `{"seconds": "min"}` says which way each is better, which makes it one more objective of
            `Result.pareto`, and of nothing else. `"latest"` says nothing of the kind.
        strategy: Which of the values that a trial printed counts: `min`, `max` or `latest`.

    Raises:
        InputError: `additional` is text, not a list.
    """
    return _objective("minimize", metric, goal, additional, strategy)


def maximize(
    metric: str,
    *,
    goal: float | None = None,
    additional: Sequence[str] | Mapping[str, Strategy] = (),
    strategy: Strategy = "max",
) -> Objective:
    """The larger the metric, the better; the arguments are those of `minimize`."""
    return _objective("maximize", metric, goal, additional, strategy)


def _range(kind: ParameterType, low: float, high: float, step: float | None, log: bool) -> Parameter:
    space = FeasibleSpace(
        min=str(low),
        max=str(high),
        step="" if step is None else str(step),
        distribution="logUniform" if log else "uniform",
    )
    return Parameter("", kind, space)


def _texts(word: str, values: Sequence[object]) -> tuple[str, ...]:
    if isinstance(values, str):
        raise InputError(f"search.{word}({values!r}): give a list, such as [{values!r}, ...].")
    return tuple(map(str, values))


def _objective(
    type: Direction,
    metric: str,
    goal: float | None,
    additional: Sequence[str] | Mapping[str, Strategy],
    strategy: Strategy,
) -> Objective:
    compared: tuple[str, ...] = ()
    if isinstance(additional, Mapping):
        own = dict(additional)
        compared = tuple(name for name, each in own.items() if each in DIRECTIONS)
    else:
        own = dict.fromkeys(_texts(type, additional), STRATEGIES[type])
    return Objective(type, metric, goal, tuple(own), {**own, metric: strategy}, compared=compared)
