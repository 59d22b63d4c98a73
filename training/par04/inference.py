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
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.command import answer, count, positive, whole
from training.errors import ModelError
from training.geometry import Mesh, Point, geometry_named
from training.par04.facts import GEOMETRY
from training.par04.geant4 import THRESHOLD_MEV, Array, Par04, Particle, in_shower_frame
from training.par04.generator import Generator, file_of
from training.scaling import MEV_PER_GEV, Floats, conditions, to_mev

Decode = Callable[[Floats, Floats], Floats]
"""Latent numbers (n, latent_dim) and conditions (n, 4) to fractions (n, r, phi, z)."""
CHECKED_GEV = (1.0, 64.0, 1024.0)
CHECKED_DEG = (50.0, 90.0)
TOLERANCE = 1e-4
"""Of the shower's energy, and of its depth. ONNX Runtime's optimisations move a sum by about 1e-6 of it."""
NOTHING = np.finfo(np.float64).tiny
"""Divides what a model that makes no hits has deposited."""
MOST_DEPOSITED = 1.2
"""Of the incident energy; a calorimeter that counts all materials holds 1, give or take fluctuations."""


@dataclass(frozen=True)
class Deposits:
    """What showers of one point leave in the calorimeter, as a mean over the showers."""

    sum_mev: float
    layers_mev: Array
    rings_mev: Array
    axis_mm: Array
    """Energy-weighted mean position seen from the entry: two directions across, and depth."""


def compare(par04: Par04, decode: Decode, point: Point, latent: Floats) -> tuple[Deposits, Deposits]:
    """Send showers of these latent numbers through Par04's steps and through ours.

    Returns:
        Par04's deposits, and ours.
    """
    theirs = [_by_par04(par04, numbers, point) for numbers in latent]
    told = np.repeat(conditions(point.geometry, point.energy_gev, point.angle_deg), len(latent), axis=0)
    cells = to_mev(decode(latent, told), point.energy_gev).astype(np.float64)
    ours = [_by_us(shower, par04.mesh) for shower in cells]
    return _mean(theirs), _mean(ours)


def verify(par04: Par04, decode: Decode, latent_dim: int) -> None:
    """Compare one shower for the ends and the middle of the conditions that Par04 can ask for.

    Raises:
        ModelError: Par04 would deposit something else than the model means.
    """
    random = np.random.default_rng(0)
    for energy in CHECKED_GEV:
        for angle in CHECKED_DEG:
            latent = random.standard_normal((1, latent_dim)).astype(np.float32)
            point = Point(GEOMETRY, angle, energy)
            check_equal(*compare(par04, decode, point, latent), point)


def check_equal(theirs: Deposits, ours: Deposits, point: Point) -> None:
    """Compare sums, profiles along z and r, and the shower's axis.

    Raises:
        ModelError: They differ.
    """
    what = f"{point}: Par04 would deposit"
    end = "Export the model again by training.export, and report this if it stays; do not use it."
    scale = TOLERANCE * ours.sum_mev
    if not abs(theirs.sum_mev - ours.sum_mev) <= scale:
        raise ModelError(f"{what} {theirs.sum_mev:.6g} MeV, the model means {ours.sum_mev:.6g} MeV. {end}")
    for name in ("layers", "rings"):
        per_bin, expected = getattr(theirs, f"{name}_mev"), getattr(ours, f"{name}_mev")
        worst = int(np.argmax(np.abs(per_bin - expected)))
        if not abs(per_bin[worst] - expected[worst]) <= scale:
            raise ModelError(
                f"{what} {per_bin[worst]:.6g} MeV in number {worst} of its {name}, the model means "
                f"{expected[worst]:.6g} MeV there, of {ours.sum_mev:.6g} MeV in all. {end}"
            )
    if not np.abs(theirs.axis_mm - ours.axis_mm).max() <= TOLERANCE * np.abs(ours.axis_mm).max():
        raise ModelError(f"{what} around {theirs.axis_mm} mm, the model around {ours.axis_mm} mm. {end}")


def _by_par04(par04: Par04, latent: Floats, point: Point) -> Deposits:
    particle = Particle(point.energy_gev * MEV_PER_GEV, float(np.deg2rad(point.angle_deg)))
    hits = par04.shower(latent, particle)
    cells = par04.readout(hits, particle)
    weights = hits.energies_mev / max(float(hits.energies_mev.sum()), NOTHING)
    axis = weights @ in_shower_frame(hits, particle)
    return Deposits(float(hits.energies_mev.sum()), cells.sum(axis=(0, 1)), cells.sum(axis=(1, 2)), axis)


def _by_us(cells: Array, mesh: Mesh) -> Deposits:
    """Reduce one shower in MeV with our mesh; what Par04 leaves out for being small is left out here too."""
    cells = np.where(cells > THRESHOLD_MEV, cells, 0.0)
    geometry = geometry_named(GEOMETRY)
    r, z = (edges[:-1] + np.diff(edges) / 2.0 for edges in (mesh.r_edges(geometry), mesh.z_edges(geometry)))
    phi = np.linspace(-np.pi, np.pi, mesh.phi, endpoint=False) + np.pi / mesh.phi
    total = float(cells.sum())
    across = cells.sum(axis=2)
    x, y = (float(r @ across @ turn(phi)) / max(total, NOTHING) for turn in (np.cos, np.sin))
    layers = cells.sum(axis=(0, 1))
    return Deposits(total, layers, cells.sum(axis=(1, 2)), np.array([x, y, z @ layers / max(total, NOTHING)]))


def _mean(deposits: list[Deposits]) -> Deposits:
    return Deposits(
        float(np.mean([one.sum_mev for one in deposits])),
        np.mean([one.layers_mev for one in deposits], axis=0),
        np.mean([one.rings_mev for one in deposits], axis=0),
        np.mean([one.axis_mm for one in deposits], axis=0),
    )


def check(model: Path, point: Point, showers: int, seed: int) -> dict[str, object]:
    """Compare what Par04 makes of an exported model with what `Generator` makes of it.

    Raises:
        ModelError: The model cannot be loaded, the two differ, or the energies cannot be in MeV.
    """
    generator = Generator(model)
    path = file_of(model)
    par04 = Par04(path, generator.mesh, geometry_named(GEOMETRY))
    latent = np.random.default_rng(seed).standard_normal((showers, generator.latent_dim)).astype(np.float32)
    theirs, ours = compare(par04, generator.decode, point, latent)
    incident = point.energy_gev * MEV_PER_GEV
    if not 0.0 < theirs.sum_mev <= MOST_DEPOSITED * incident:
        raise ModelError(
            f"{path}: Par04 would deposit {theirs.sum_mev:.6g} MeV of an electron's {incident:g} MeV. "
            "The file has to hold fractions of the incident energy; train longer or export it again."
        )
    check_equal(theirs, ours, point)
    return {"point": str(point), "showers": showers, "par04": _rounded(theirs), "generator": _rounded(ours)}


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
    parser.add_argument("--model", type=Path, required=True, help="folder that training.export wrote")
    parser.add_argument("--energy", type=positive, default=64.0, help="GeV (default 64)")
    parser.add_argument("--angle", type=positive, default=90.0, help="degrees; 90 is perpendicular (default)")
    parser.add_argument("--showers", type=count, default=100, help="to average over (default 100)")
    parser.add_argument("--seed", type=whole, default=0, help="of the latent numbers (default 0)")
    options = parser.parse_args()
    point = Point(GEOMETRY, options.angle, options.energy)
    return answer(lambda: check(options.model, point, options.showers, options.seed))


if __name__ == "__main__":
    sys.exit(main())
