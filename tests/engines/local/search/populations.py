# SPDX-License-Identifier: Apache-2.0
"""Searches by population based training."""

from __future__ import annotations

from typing import Any

from kfp_katib.experiment.model import Experiment, Parameter
from tests.builders.experiment import double, integer, one_of
from tests.engines.local.search.searching import experiment

SPACE = (
    double("lr", "0.01", "1", "0.01"),
    double("decay", "0.0001", "0.1", distribution="logUniform"),
    integer("layers", "1", "8"),
    one_of("optimizer", "adam", "sgd", "lion"),
)


def pbt(
    space: tuple[Parameter, ...] = SPACE, *, population: int = 5, share: str = "0.4", **more: Any
) -> Experiment:
    """A search by population based training."""
    chosen = {"suggestion_trial_dir": "/ckpt", "n_population": str(population), "truncation_threshold": share}
    given_settings = {**chosen, "random_state": "7", **more.pop("settings", {})}
    return experiment("pbt", space, settings=given_settings, **more)
