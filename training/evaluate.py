# SPDX-License-Identifier: Apache-2.0
"""Compares generated showers with full simulation that no training has seen: numbers to judge by, and a page.

python -m training.evaluate --model exported --dataset data --destination evaluation
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from training.command import answer
from training.data.block import Block, runs
from training.data.dataset import Part, open_part, read
from training.data.declaration import GENERATED
from training.errors import DataError, ModelError
from training.geometry import Point
from training.par04.generator import Generator, costs
from training.physics.compare import DISTANCES, Evaluation, compare_points
from training.physics.curves import Samples
from training.physics.observables import ENERGY_BINS, OBJECTIVE, Sample, energy_bins, joined, reduce, taken
from training.report.page import page
from training.scaling import conditions, to_fractions

REPORT = "report.html"
METRICS = "metrics.json"
LEARNING = "curves.csv"
STAND_IN = (
    "showers of our generator (training.showers, a parametrisation) stand in for it; what is found says how "
    "well the method works, and nothing about a detector"
)
SHOWERS_PER_POINT = 1000
"""Enough for a mean energy to 0.06 % at 64 GeV in SciPb, where single showers spread by 1.8 %.

At 18 x 50 x 45 cells so many take 5 s to read, generate and reduce and 0.3 s to compare, on a busy core; two
points took 0.73 GB at the peak, and comparing as many points as the published set has, 110, takes 0.64 GB.
"""
BLOCK_BYTES = 32 * 2**20
"""Of the showers that are in memory at once."""
STRETCHES = 8
"""Places of a file that showers are taken from, where not all are."""


def evaluate(model: Path, dataset: Path, destination: Path) -> dict[str, float]:
    """Compare an exported model with the test part of a data set, which no training has seen.

    For each point as many showers are generated as the test part has, at most 1,000, under the same
    conditions. A point with a range of energies is compared in four bins of ln E.

    Args:
        model: The folder that `training.export` wrote, or one ONNX file of it.
        dataset: The folder that `training.prepare` wrote.
        destination: A folder for ``report.html`` and ``metrics.json``; made if it is missing.

    Returns:
        Plain numbers by the names that training/README.md explains, where 0 is equal unless said there. A
        name with ``_floor`` is the same number for the test part against as many showers of the training
        part: two samples of full simulation, which no model can be expected to beat. Each is the mean over
        points; ``_worst`` is the largest of any point, ``_error`` the standard error. Costs are those of
        `training.par04.generator.costs`, and ``showers`` is how many were compared.

    Raises:
        ModelError: The model cannot be loaded, has another mesh than the data or generates no numbers.
        DataError: The data cannot be read, or have no showers to compare.
    """
    model, destination = Path(model), Path(destination)
    found = replace(compare(Generator(model), dataset), costs=costs(model))
    metrics = flat(found)
    destination.mkdir(parents=True, exist_ok=True)
    learned = model / LEARNING  # what lies beside a single file may be anybody's
    learning = learned.read_text(encoding="utf-8") if learned.is_file() else None
    (destination / REPORT).write_text(page(found, curves=learning), encoding="utf-8")
    (destination / METRICS).write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
    return metrics


def flat(evaluation: Evaluation) -> dict[str, float]:
    """Return the numbers that training/README.md explains, by their names."""
    found: dict[str, float] = {}
    for name, estimate in evaluation.metrics.items():
        found[name] = estimate.value
        if name == OBJECTIVE or name in DISTANCES:
            found[f"{name}_error"] = estimate.error
        if name not in DISTANCES:  # which are of all points together
            found[f"{name}_worst"] = max(one.differences[name].value for one in evaluation.comparisons)
        found[f"{name}_floor"] = evaluation.floor[name].value
    showers = sum(comparison.showers for comparison in evaluation.comparisons)
    return {**found, **evaluation.costs, "showers": float(showers)}


def compare(generator: Generator, dataset: Path) -> Evaluation:
    """Return what is found, as data for the page, without the costs."""
    test, training = open_part(dataset, "test"), open_part(dataset, "training")
    if test.mesh != generator.mesh:
        raise ModelError(
            f"the model has the mesh {generator.mesh}, {dataset} has {test.mesh}. Use data of one mesh."
        )
    samples = dict(_samples(generator, test, training))
    if not samples:
        raise DataError(f"{dataset}: no point has two showers to test with. Prepare more of them.")
    with threadpool_limits(1):  # on a busy machine threads wait for each other, and take 50 times as long
        found = compare_points(samples, test.mesh)
    simulation = STAND_IN if test.source == GENERATED else test.source
    return replace(found, facts=generator.facts, simulation=simulation)


def main() -> int:
    """Evaluate from the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.evaluate", description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True, help="folder that training.export wrote")
    parser.add_argument("--dataset", type=Path, required=True, help="folder that training.prepare wrote")
    parser.add_argument("--destination", type=Path, required=True, help=f"folder for {REPORT} and {METRICS}")
    options = parser.parse_args()
    return answer(lambda: evaluate(options.model, options.dataset, options.destination))


def _samples(generator: Generator, test: Part, training: Part) -> Iterator[tuple[Point, Samples]]:
    """Read and generate point by point; what is kept of a shower are some hundred numbers."""
    random = np.random.default_rng(0)
    for point in test.counts:
        wanted = SHOWERS_PER_POINT * (1 if point.highest_gev is None else ENERGY_BINS)
        blocks = [_tested(generator, block, random) for block in _blocks(test, point, wanted)]
        full, generated = (joined(samples) for samples in zip(*blocks, strict=True))
        floor = joined([_reduced(block) for block in _blocks(training, point, len(full["energy"]))])
        bins = (energy_bins(point, sample["incident_gev"]) for sample in (full, floor))
        for (part, rows), (_, others) in zip(*bins, strict=True):
            if min(rows.sum(), others.sum()) >= 2:
                yield part, (taken(full, rows), taken(generated, rows), taken(floor, others))


def _tested(generator: Generator, block: Block, random: np.random.Generator) -> tuple[Sample, Sample]:
    """Showers of the test part, and as many generated ones under their conditions."""
    point = block.point
    drawn = generator.draw(conditions(point.geometry, block.energies_gev, point.angle_deg), random)
    if not np.isfinite(drawn).all():
        raise ModelError(f"the model generates cells that are not finite at {point}. Train it again.")
    return _reduced(block), reduce(drawn, block.energies_gev, point)


def _blocks(part: Part, point: Point, wanted: int) -> Iterator[Block]:
    """Read as many showers of a point as are wanted, in blocks that fit.

    Where there are more, they are taken from all over its file: it may be sorted by energy.
    """
    count = part.counts[point]
    wanted = min(wanted, count)
    size = max(1, BLOCK_BYTES // (4 * part.mesh.cells))
    if wanted < count:
        size = max(1, min(size, wanted // STRETCHES))
    pieces = [(rows.start * count // wanted, len(rows)) for rows in runs(wanted, size)]
    return read(part, [(point, range(start, start + length)) for start, length in pieces])


def _reduced(block: Block) -> Sample:
    return reduce(to_fractions(block.cells_mev, block.energies_gev), block.energies_gev, block.point)


if __name__ == "__main__":
    sys.exit(main())
