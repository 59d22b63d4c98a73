# SPDX-License-Identifier: Apache-2.0
"""How many parametrised showers one core draws in a second, at the full mesh of 18 x 50 x 45 cells.

Run it as `python benchmarks/showers.py`. It stays on one core and counts the seconds of this
process, user and system, so that other processes affect only its caches. Each figure is the median of five
samples, allocation of the showers' memory included. The last two columns are the two ways of spreading in
`training/showers/draw.py` alone: their ratio is CELLS_PER_SPOT, which decides which one is cheaper.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from training.geometry import GEOMETRIES, Geometry, Mesh
from training.showers import draw
from training.showers.medium import medium
from training.showers.profiles import spot_numbers

MESH = Mesh()
ENERGIES = (1.0, 10.0, 100.0, 1000.0)
ANGLES = (90.0, 50.0)
REPEATS = 5
ALWAYS_THROWN, ALWAYS_COUNTED = 0.0, float("inf")


def main() -> None:
    """Print the table."""
    core = min(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    print(f"{'geometry':<9}{'angle':>6}{'GeV':>6}{'spots':>9}{'showers/s':>11}{'ns/spot':>9}{'ns/cell':>9}")
    for geometry in GEOMETRIES.values():
        for angle in ANGLES:
            for energy in ENERGIES:
                print(row(geometry, angle, energy), flush=True)


def row(geometry: Geometry, angle: float, energy: float) -> str:
    """One line: the library's own choice, then each way alone."""
    spots = float(spot_numbers(medium(geometry, angle), np.array([energy]))[0])
    chosen = seconds(geometry, angle, energy, draw.CELLS_PER_SPOT)
    thrown = seconds(geometry, angle, energy, ALWAYS_THROWN) / spots
    counted = seconds(geometry, angle, energy, ALWAYS_COUNTED) / MESH.cells
    return (
        f"{geometry.name:<9}{angle:>6g}{energy:>6g}{spots:>9.0f}"
        f"{1.0 / chosen:>11.0f}{thrown * 1e9:>9.0f}{counted * 1e9:>9.0f}"
    )


def seconds(geometry: Geometry, angle: float, energy: float, cells_per_spot: float) -> float:
    """The CPU time of one shower."""
    count = 1000 if energy <= 10.0 and cells_per_spot != ALWAYS_COUNTED else 50
    own, draw.CELLS_PER_SPOT = draw.CELLS_PER_SPOT, cells_per_spot
    taken = []
    for seed in range(REPEATS):
        random = np.random.default_rng(seed)
        start = time.process_time()
        draw.draw_showers(geometry, MESH, np.full(count, energy), angle, random)
        taken.append((time.process_time() - start) / count)
    draw.CELLS_PER_SPOT = own
    return statistics.median(taken)


if __name__ == "__main__":
    main()
