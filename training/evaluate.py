# SPDX-License-Identifier: Apache-2.0
"""Compares generated showers with full simulation that no training has seen: numbers to judge by, and a page.

python -m training.evaluate --model exported --dataset data --destination evaluation [--thresholds FILE]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
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
from training.metrics import NAMES, OBJECTIVE, Threshold, flat, judged, read_thresholds
from training.par04.generator import Generator, costs, file_of
from training.physics.compare import Evaluation, compare_point, over_points, together
from training.physics.curves import Samples
from training.physics.observables import (
    ENERGY_BINS,
    Array,
    Estimate,
    Sample,
    energy_bins,
    joined,
    reduce,
    taken,
)
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


def evaluate(
    model: Path, dataset: Path, destination: Path, *, thresholds: tuple[Threshold, ...] = ()
) -> dict[str, float]:
    """Compare an exported model with the test part of a data set, which no training has seen.

    For each point as many showers are generated as the test part has, at most 1,000, under the same
    conditions. A point with a range of energies is compared in four bins of ln E.

    Args:
        model: The folder that `training.export` wrote, or one ONNX file of it.
        dataset: The folder that `training.prepare` wrote.
        destination: A folder for ``report.html`` and ``metrics.json``; made if it is missing.
        thresholds: What the page judges first; a pipeline's step judges by its own, and puts that on top.

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
    learned = file_of(model).with_name(LEARNING)
    learning = learned.read_text(encoding="utf-8") if learned.is_file() else None
    report = page(found, curves=learning, judged=judged(metrics, thresholds))
    (destination / REPORT).write_text(report, encoding="utf-8")
    (destination / METRICS).write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
    return metrics


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
    full, generated, floor = ({point: three[at] for point, three in samples.items()} for at in range(3))
    with threadpool_limits(1):  # on small matrices threads wait for each other, on a busy machine for long
        comparisons = tuple(compare_point(point, test.mesh, three) for point, three in samples.items())
        of_model, of_floor = together(full, generated, floor)
    return Evaluation(
        comparisons=comparisons,
        metrics=_ordered(over_points([one.differences for one in comparisons]), of_model),
        floor=_ordered(over_points([one.floor for one in comparisons]), of_floor),
        costs={},
        facts=generator.facts,
        simulation=STAND_IN if test.source == GENERATED else test.source,
    )


def main() -> int:
    """Evaluate from the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.evaluate", description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True, help="folder that training.export wrote")
    parser.add_argument("--dataset", type=Path, required=True, help="folder that training.prepare wrote")
    parser.add_argument("--destination", type=Path, required=True, help=f"folder for {REPORT} and {METRICS}")
    parser.add_argument(
        "--thresholds", type=Path, help='JSON such as {"energy_mean": [0, 0.05]}; exit code 1 if one fails'
    )
    options = parser.parse_args()
    passed = True

    def work() -> dict[str, float]:
        nonlocal passed
        thresholds = read_thresholds(options.thresholds, NAMES) if options.thresholds else ()
        metrics = evaluate(options.model, options.dataset, options.destination, thresholds=thresholds)
        for judgement in judged(metrics, thresholds):
            passed = passed and judgement.passed
            print(judgement, file=sys.stderr)
        return metrics

    return answer(work) or int(not passed)


def _samples(generator: Generator, test: Part, training: Part) -> Iterator[tuple[Point, Samples]]:
    """Read and generate point by point; what is kept of a shower are some hundred numbers."""
    random = np.random.default_rng(0)
    for point in test.counts:
        wanted = SHOWERS_PER_POINT * (1 if point.highest_gev is None else ENERGY_BINS)
        full, generated, energies = _tested(generator, test, point, wanted, random)
        floor, floor_energies = _simulated(training, point, len(full))
        for (part, rows), (_, others) in zip(
            energy_bins(point, energies), energy_bins(point, floor_energies), strict=True
        ):
            if min(rows.sum(), others.sum()) >= 2:
                yield part, (taken(full, rows), taken(generated, rows), taken(floor, others))


def _tested(
    generator: Generator, test: Part, point: Point, wanted: int, random: np.random.Generator
) -> tuple[Sample, Sample, Array]:
    """Showers of the test part, generated ones under their conditions, and their energies."""
    full, generated, energies = [], [], []
    for block in _blocks(test, point, wanted):
        told = conditions(point.geometry, block.energies_gev, point.angle_deg)
        drawn = generator.draw(told, random)
        if not np.isfinite(drawn).all():
            raise ModelError(f"the model generates cells that are not finite at {point}. Train it again.")
        full.append(_reduced(block))
        generated.append(reduce(drawn, block.energies_gev, point))
        energies.append(block.energies_gev)
    return joined(full), joined(generated), np.concatenate(energies)


def _simulated(part: Part, point: Point, wanted: int) -> tuple[Sample, Array]:
    blocks = [(_reduced(block), block.energies_gev) for block in _blocks(part, point, wanted)]
    return joined([sample for sample, _ in blocks]), np.concatenate([energies for _, energies in blocks])


def _blocks(part: Part, point: Point, wanted: int) -> Iterator[Block]:
    """Read as many showers of a point as are wanted, in blocks that fit; of an empty point one empty block.

    Where there are more, they are taken from all over its file: it may be sorted by energy.
    """
    count = part.counts[point]
    wanted = min(wanted, count)
    size = max(1, BLOCK_BYTES // (4 * part.mesh.cells))
    if wanted < count:
        size = max(1, min(size, wanted // STRETCHES))
    for rows in list(runs(wanted, size)) or [range(0)]:
        start = rows.start * count // max(wanted, 1)
        yield read(part, point, slice(start, start + len(rows)))


def _reduced(block: Block) -> Sample:
    return reduce(to_fractions(block.cells_mev, block.energies_gev), block.energies_gev, block.point)


def _ordered(means: Mapping[str, Estimate], of_all: Mapping[str, Estimate]) -> dict[str, Estimate]:
    """The objective, then what is of all points, then the single observables."""
    return {OBJECTIVE: means[OBJECTIVE], **of_all, **means}


if __name__ == "__main__":
    sys.exit(main())
