# SPDX-License-Identifier: Apache-2.0
"""Searches for neural architectures that the tests of this folder share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kfp_katib.experiment.model import Experiment, FeasibleSpace, Parameter
from kfp_katib.experiment.parts import NasConfig, Operation
from tests.builders.experiment import double, integer, objective, one_of
from tests.engines.local.search.searching import experiment

CELLS = NasConfig(
    layers=3,
    input_sizes=(),
    output_sizes=(),
    operations=(
        Operation("separable_convolution", (one_of("filter_size", "3", "5"),)),
        Operation("max_pooling", (one_of("filter_size", "3"), one_of("stride", "1", "2"))),
        Operation("skip_connection"),
    ),
)
"""What darts chooses from: only the list of a first parameter counts."""

CHAIN = NasConfig(
    layers=4,
    input_sizes=(32, 32, 3),
    output_sizes=(10,),
    operations=(
        Operation("convolution", (one_of("filter_size", "3", "5", "7"), one_of("stride", "1", "2"))),
        Operation("reduction", (one_of("kind", "max_pooling"), integer("pool_size", "2", "3", "1"))),
        Operation("dropout", (double("rate", "0.25", "0.75", "0.25"),)),
    ),
)
"""What enas chooses from: operations 0 to 5, 6 and 7, 8 to 10."""

UNREAD = Operation(
    "pooling",
    (
        Parameter("size", "discrete", FeasibleSpace(list=("2", "3"))),
        integer("stride", "1", "2"),
        double("rate", "0.1", "0.5", "0.3"),
    ),
)
"""Parameters of which Katib's service makes no operation: twice two times two."""


def searched(nas: NasConfig, algorithm: str, settings: Mapping[str, str] | None = None) -> Experiment:
    """A search among these."""
    made: Any = {"objective": replace(objective("maximize"), texts=algorithm == "darts")}
    return replace(experiment(algorithm, (), settings=settings, **made), nas=nas)
