# SPDX-License-Identifier: Apache-2.0
"""Checks that Geant4's example Par04 gets from an exported file what the model means, in MeV.

python -m training.par04.inference --model exported --energy 64 --angle 90

One shower at a time goes through `training.par04.geant4`, and the same latent numbers through
`training.scaling` and `training.geometry`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np

from training.command import answer, count, positive, whole
from training.errors import ModelError
from training.geometry import Point
from training.par04.facts import GEOMETRY
from training.par04.geant4 import THRESHOLD_MEV, Array, Par04, Particle, readout
from training.par04.generator import Generator, file_of
from training.scaling import MEV_PER_GEV, Floats, conditions, to_mev

Decode = Callable[[Floats, Floats], Floats]
"""Latent numbers (n, latent_dim) and conditions (n, 4) to fractions (n, r, phi, z)."""
CHECKED_GEV = (1.0, 64.0, 1024.0)
CHECKED_DEG = (50.0, 90.0)
TOLERANCE = 1e-4
"""Of the energy; ONNX Runtime's optimisations move a sum by about 1e-6 of it."""
MOST_DEPOSITED = 1.2
"""Of the incident energy; a calorimeter that counts all materials holds 1, give or take fluctuations."""


def compare(par04: Par04, decode: Decode, point: Point, latent: Floats) -> tuple[Array, Array]:
    """Send showers of these latent numbers through Par04's steps and through ours.

    Returns:
        What Par04 reads out of the calorimeter's cells, and what the model means: MeV, shape (showers, r,
        phi, z). What Par04 leaves out for being small is left out of both.

    Raises:
        ModelError: Their differences come to more than rounding explains.
    """
    particle = Particle(point.energy_gev * MEV_PER_GEV, float(np.deg2rad(point.angle_deg)))
    hits = (par04.shower(numbers, particle) for numbers in latent)
    theirs = np.array([readout(*of_one, particle, par04.mesh, GEOMETRY) for of_one in hits])
    told = np.repeat(conditions(point.geometry, point.energy_gev, point.angle_deg), len(latent), axis=0)
    ours = to_mev(decode(latent, told), point.energy_gev).astype(np.float64)
    ours = np.where(ours > THRESHOLD_MEV, ours, 0.0)
    if not np.abs(theirs - ours).sum() <= TOLERANCE * ours.sum():
        raise ModelError(f"{point}: {_difference(theirs, ours)}")
    return theirs, ours


def _difference(theirs: Array, ours: Array) -> str:
    worst = np.unravel_index(np.argmax(np.abs(theirs - ours)), ours.shape)
    return (
        f"Par04 would deposit {theirs.sum() / len(ours):.6g} MeV, the model means "
        f"{ours.sum() / len(ours):.6g} MeV; cell {tuple(map(int, worst[1:]))} (r, phi, z) would get "
        f"{theirs[worst]:.6g} MeV in place of {ours[worst]:.6g} MeV. Export the model again by "
        "training.export, and report this if it stays; do not use it."
    )


def verify(par04: Par04, decode: Decode, latent_dim: int) -> None:
    """Compare one shower for the ends and the middle of the conditions that Par04 can ask for.

    Raises:
        ModelError: Par04 would deposit something else than the model means.
    """
    random = np.random.default_rng(0)
    for energy, angle in product(CHECKED_GEV, CHECKED_DEG):
        latent = random.standard_normal((1, latent_dim)).astype(np.float32)
        compare(par04, decode, Point(GEOMETRY.name, angle, energy), latent)


def check(model: Path, point: Point, showers: int, seed: int) -> dict[str, object]:
    """Compare what Par04 makes of an exported model with what `Generator` makes of it.

    Raises:
        ModelError: The model cannot be loaded, the two differ, or the energies cannot be in MeV.
    """
    generator = Generator(model)
    path = file_of(model)
    par04 = Par04(path, generator.mesh, GEOMETRY)
    latent = np.random.default_rng(seed).standard_normal((showers, generator.latent_dim)).astype(np.float32)
    theirs, ours = compare(par04, generator.decode, point, latent)
    deposited, incident = theirs.sum() / showers, point.energy_gev * MEV_PER_GEV
    if not 0.0 < deposited <= MOST_DEPOSITED * incident:
        raise ModelError(
            f"{path}: Par04 would deposit {deposited:.6g} MeV of an electron's {incident:g} MeV. "
            "The file has to hold fractions of the incident energy; train longer or export it again."
        )
    return {"point": str(point), "showers": showers, "par04": _means(theirs), "generator": _means(ours)}


def _means(showers: Array) -> dict[str, str]:
    """One line for each quantity, as a mean over showers, so that two can be compared by eye."""
    mean = showers.mean(axis=0)
    return {
        "sum_mev": f"{mean.sum():.2f}",
        "layers_mev": " ".join(f"{layer:.2f}" for layer in mean.sum(axis=(0, 1))),
        "rings_mev": " ".join(f"{ring:.2f}" for ring in mean.sum(axis=(1, 2))),
    }


def main() -> int:
    """Check an exported model from the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m training.par04.inference", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--model", type=Path, required=True, help="folder that training.export wrote")
    parser.add_argument("--energy", type=positive, default=64.0, help="GeV (default 64)")
    parser.add_argument("--angle", type=positive, default=90.0, help="degrees; 90 is perpendicular (default)")
    parser.add_argument("--showers", type=count, default=100, help="to average over (default 100)")
    parser.add_argument("--seed", type=whole, default=0, help="of the latent numbers (default 0)")
    options = parser.parse_args()
    point = Point(GEOMETRY.name, options.angle, options.energy)
    return answer(lambda: check(options.model, point, options.showers, options.seed))


if __name__ == "__main__":
    sys.exit(main())
