# SPDX-License-Identifier: Apache-2.0
"""A trial's assignments, which are text in Katib, as what they stand for."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from kfp_katib.results.best import number
from kfp_katib.results.model import Trial

if TYPE_CHECKING:
    from kfp_katib.experiment.model import Parameter

Value = int | float | str


def assignments(trial: Trial, parameters: Iterable[Parameter]) -> dict[str, Value]:
    """The trial's hyperparameters with the types of their feasible spaces."""
    known = {parameter.name: parameter for parameter in parameters}
    return {name: typed(text, known.get(name)) for name, text in trial.parameters.items()}


def typed(text: str, parameter: Parameter | None) -> Value:
    """The number that an assignment stands for: whole where it can be, unless the parameter is a double.

    A category stays text even where it looks like a number. What the manifest does not declare, such as
    another Experiment's parameter, is read as one of a discrete list.
    """
    kind = parameter.type if parameter else "discrete"
    value = None if kind == "categorical" else number(text)
    if value is None:
        return text
    return int(Decimal(text)) if kind != "double" and value.is_integer() else value
