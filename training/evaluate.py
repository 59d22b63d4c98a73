# SPDX-License-Identifier: Apache-2.0
"""Compares generated with simulated showers, point by point: a few numbers and one page.

python -m training.evaluate --model exported --dataset data --destination evaluation
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.command import answer
from training.data import layout
from training.errors import ModelError
from training.par04.generator import Generator
from training.physics.observables import Summary, differences, summarise
from training.point import Point
from training.report.page import page

REPORT = "report.html"
SHOWERS_PER_POINT = 1000
"""Enough for a mean to 0.5 % at 64 GeV in SciPb, and what keeps the published set's evaluation in minutes."""


@dataclass(frozen=True)
class Comparison:
    """Simulated and generated showers of one point."""

    point: Point
    simulated: Summary
    generated: Summary
    differences: dict[str, float]


def evaluate(model: Path, dataset: Path, destination: Path) -> dict[str, float]:
    """Compare an exported model with a data set.

    Args:
        model: The folder that `training.export` wrote.
        dataset: Showers to compare with, in the layout of `training.data.layout`.
        destination: A folder for ``report.html``; made if it is missing.

    Returns:
        The observables of `training.physics.observables.differences`, each as its mean over the points and,
        with ``_worst`` behind its name, at the point where it is largest; and how many showers were compared.

    Raises:
        ModelError: The model cannot be loaded or has another mesh than the data.
        DataError: The data cannot be read.
    """
    comparisons = compare(Generator(Path(model)), Path(dataset))
    metrics = _metrics(comparisons)
    destination = Path(destination)
    destination.mkdir(parents=True, exist_ok=True)
    (destination / REPORT).write_text(page(comparisons, metrics), encoding="utf-8")
    return metrics


def compare(generator: Generator, dataset: Path) -> list[Comparison]:
    """Generate as many showers for every point as the data set has, and compare them."""
    found = layout.points(dataset)
    mesh = layout.mesh_of(dataset, found)
    if mesh != generator.mesh:
        raise ModelError(
            f"the model has the mesh {generator.mesh}, {dataset} has {mesh}. Use data of one mesh."
        )
    random = np.random.default_rng(0)
    return [_compare_point(generator, dataset, point, random) for point in found]


def _compare_point(
    generator: Generator, dataset: Path, point: Point, random: np.random.Generator
) -> Comparison:
    showers = layout.read(dataset, point, limit=SHOWERS_PER_POINT)
    simulated = summarise(showers, point)
    generated = summarise(generator.draw(point, len(showers), random), point)
    return Comparison(point, simulated, generated, differences(simulated, generated))


def _metrics(comparisons: Iterable[Comparison]) -> dict[str, float]:
    comparisons = list(comparisons)
    metrics: dict[str, float] = {}
    for name in comparisons[0].differences:
        values = [comparison.differences[name] for comparison in comparisons]
        metrics[name] = float(np.mean(values))
        metrics[f"{name}_worst"] = max(values)
    metrics["showers"] = float(sum(len(comparison.simulated.energy) for comparison in comparisons))
    return metrics


def main() -> int:
    """Evaluate from the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.evaluate", description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True, help="folder that training.export wrote")
    parser.add_argument("--dataset", type=Path, required=True, help="folder of showers to compare with")
    parser.add_argument("--destination", type=Path, required=True, help=f"folder for {REPORT}")
    options = parser.parse_args()
    return answer(lambda: evaluate(options.model, options.dataset, options.destination))


if __name__ == "__main__":
    sys.exit(main())
