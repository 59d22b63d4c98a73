# SPDX-License-Identifier: Apache-2.0
"""What an evaluation found, as data: `training.evaluate` fills it in, `training.report` draws it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from training.physics.observables import Array
from training.point import Point


@dataclass(frozen=True)
class Estimate:
    """A number and its standard error, which is 0 where none can be given."""

    value: float
    error: float = 0.0


@dataclass(frozen=True)
class Curve:
    """One quantity in bins: a mean profile or a distribution, for three samples of one point.

    `floor` is a second, independent sample of full simulation: how far two equal samples lie apart.
    Every array but `edges` has one entry for each bin; errors are standard errors.
    """

    name: str
    x_label: str
    y_label: str
    edges: Array
    full: Array
    full_error: Array
    generated: Array
    generated_error: Array
    floor: Array
    floor_error: Array
    logarithmic: bool = False


@dataclass(frozen=True)
class Comparison:
    """The samples of one point."""

    point: Point
    showers: int
    curves: tuple[Curve, ...]
    differences: Mapping[str, Estimate]
    """Full simulation against the model, by observable."""
    floor: Mapping[str, Estimate]
    """Full simulation against itself: the same keys."""
    correlations_full: Array
    """Of the layers' energies, shape (layers, layers)."""
    correlations_generated: Array


@dataclass(frozen=True)
class Evaluation:
    """Every point, and what holds for all of them together."""

    comparisons: tuple[Comparison, ...]
    metrics: Mapping[str, Estimate]
    """Distances over all points: full simulation against the model."""
    floor: Mapping[str, Estimate]
    """The same distances of full simulation against itself, as far as they have one."""
    costs: Mapping[str, float]
    """Speed and memory, each with its unit in its name."""
    facts: Mapping[str, str]
    """The model's own metadata."""
    simulation: str = ""
    """Where the showers of full simulation came from; empty where nothing is to be said of it."""
