# SPDX-License-Identifier: Apache-2.0
"""Checks that Geant4's example Par04 gets from an exported file what the model means, in MeV.

python -m training.par04.inference --model exported --energy 64 --angle 90
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from training.command import answer
from training.errors import ModelError
from training.geometry import geometry_named
from training.options import for_argparse, number, whole
from training.par04.deposits import Deposits, check_equal, compare
from training.par04.geant4 import Par04
from training.par04.generator import Generator, file_of
from training.par04.macro import GEOMETRY
from training.point import Point
from training.scaling import MEV_PER_GEV, Floats

MOST_DEPOSITED = 1.2
"""Of the incident energy; a calorimeter that counts all materials holds 1, give or take fluctuations."""


def check(model: Path, point: Point, showers: int, seed: int) -> dict[str, object]:
    """Compare what Par04 makes of an exported model with what `Generator` makes of it.

    Raises:
        ModelError: The model cannot be loaded, the two differ, or the energies cannot be in MeV.
    """
    generator = Generator(model)
    path = file_of(model)
    par04 = Par04(path, generator.mesh, geometry_named(GEOMETRY))
    latent = np.random.default_rng(seed).standard_normal((showers, generator.latent_dim)).astype(np.float32)
    theirs, ours = compare(par04, lambda *rows: _one_by_one(generator, *rows), point, latent)
    incident = point.energy_gev * MEV_PER_GEV
    if not 0.0 < theirs.sum_mev <= MOST_DEPOSITED * incident:
        raise ModelError(
            f"{path}: Par04 would deposit {theirs.sum_mev:.6g} MeV of an electron's {incident:g} MeV. "
            "The file has to hold fractions of the incident energy; train longer or export it again."
        )
    check_equal(theirs, ours, point)
    return {"point": str(point), "showers": showers, "par04": _rounded(theirs), "generator": _rounded(ours)}


def _one_by_one(generator: Generator, latent: Floats, told: Floats) -> Floats:
    """Decode as Par04 does; the ranges of the 8-bit variant are those of a batch."""
    rows = zip(latent, told, strict=True)
    return np.concatenate([generator.decode(numbers[None], row[None]) for numbers, row in rows])


def _rounded(deposits: Deposits) -> dict[str, str]:
    """One line for each quantity, so that two can be compared by eye."""
    return {
        "sum_mev": f"{deposits.sum_mev:.2f}",
        "layers_mev": " ".join(f"{value:.2f}" for value in deposits.layers_mev),
        "axis_mm": " ".join(f"{value:.3f}" for value in deposits.axis_mm),
    }


def main() -> int:
    """Check an exported model from the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m training.par04.inference", description=__doc__.splitlines()[0]
    )
    energy = for_argparse(lambda text: number(text, name="--energy", above=0.0))
    angle = for_argparse(lambda text: number(text, name="--angle", above=0.0))
    showers = for_argparse(lambda text: whole(text, name="--showers", least=1))
    seed = for_argparse(lambda text: whole(text, name="--seed"))
    parser.add_argument("--model", type=Path, required=True, help="folder that training.export wrote")
    parser.add_argument("--energy", type=energy, default=64.0, help="GeV (default 64)")
    parser.add_argument("--angle", type=angle, default=90.0, help="degrees; 90 is perpendicular (default)")
    parser.add_argument("--showers", type=showers, default=100, help="to average over (default 100)")
    parser.add_argument("--seed", type=seed, default=0, help="of the latent numbers (default 0)")
    options = parser.parse_args()
    point = Point(GEOMETRY, options.angle, options.energy)
    return answer(lambda: check(options.model, point, options.showers, options.seed))


if __name__ == "__main__":
    sys.exit(main())
