# SPDX-License-Identifier: Apache-2.0
"""Makes the data set of a tuning: generates showers, or takes them from files, checks and splits them.

python -m training.prepare --destination data --geometries SiW --energies 64,128 --angles 50,90 --showers 200
python -m training.prepare --destination data --source s3://showers/zenodo-6082201 --mesh 9x25x15
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Iterator
from itertools import product, starmap
from pathlib import Path

import numpy as np

from training.command import answer
from training.data import declaration, files
from training.data import source as sources
from training.data.block import Block, coarsened, runs
from training.data.declaration import GENERATED
from training.data.source import Piece
from training.data.wanted import GENERATOR, Options, Wanted, read_options
from training.data.writing import Supply, shares, write_point
from training.errors import OptionError
from training.geometry import Mesh, Point, geometry_named
from training.showers.draw import draw_showers

log = logging.getLogger(__name__)

BLOCK_BYTES = 64 * 2**20
"""Of the showers that are on their way from source to destination."""


def prepare(source: str, destination: Path, **options: object) -> dict[str, str | int | float]:
    """Fill a folder with checked showers in three parts; `training.data.declaration` says how they lie.

    Showers pass through in blocks of 64 MB, or of what a file has compressed together: no point is ever whole
    in memory. They stay in MeV; `training.scaling` makes fractions of them when they are trained on.

    Args:
        source: Empty or ``generate`` for generated showers; else a folder, a file, a mounted EOS folder or an
            address (``s3://``, or any that fsspec reads) with files in the layout of Zenodo 6082201 or of
            data sets 2 and 3 of the CaloChallenge; which one is found out.
        destination: The folder to fill. A set of the same source and options is replaced; another is refused.
        **options: ``geometries`` (SciPb, SiW), ``energies`` (GeV), ``angles`` (degrees, 90 is perpendicular),
            ``showers`` (for each point; of files at most so many), ``mesh`` (``18x16x9``: r, phi, z; of
            files only divisors of their mesh), ``seed``, and ``validation`` and ``test``: the fractions held
            back, evenly spaced (`training.data.writing`): 0.1 each of files, 0.3 and 0.2 when generated.
            Lists may be text separated by commas; None is as if left out.

    Returns:
        Metadata for an artifact: text and finite numbers only; lists are JSON text.

    Raises:
        OptionError: An option is unknown or has no usable value.
        DataError: The source is not a set of showers, or lacks what was asked for, or has a bad value.
    """
    source, destination = source or GENERATED, Path(destination)
    generated = source == GENERATED
    wanted = read_options(options, GENERATOR if generated else {})
    supplies = _generated(wanted) if generated else _selected(source, destination, wanted)
    counts = {
        supply.point: shares(supply.count, wanted.validation, wanted.test, of=supply.point)
        for supply in supplies
    }
    recipe = wanted.recipe(source)
    declaration.begin(destination, recipe)
    for number, supply in enumerate(supplies, start=1):
        log.info("point %d of %d: %s, %d showers", number, len(supplies), supply.point, supply.count)
        write_point(destination, supply, counts[supply.point])
    return declaration.finish(destination, supplies[0].mesh, counts, recipe)


def _generated(wanted: Wanted) -> list[Supply]:
    mesh, count = wanted.mesh, wanted.showers
    assert mesh is not None  # see GENERATOR
    assert count is not None
    points = starmap(Point, product(wanted.geometries, wanted.angles, wanted.energies))
    return [Supply(point, mesh, count, _drawn(point, mesh, count, wanted.seed)) for point in points]


def _drawn(point: Point, mesh: Mesh, count: int, seed: int) -> Iterator[Block]:
    """Draw with a random stream of the point's own: more points change none of the others."""
    random = np.random.default_rng([seed, *str(point).encode()])
    geometry = geometry_named(point.geometry)
    for rows in runs(count, max(1, BLOCK_BYTES // (4 * mesh.cells))):
        energies = np.full(len(rows), point.energy_gev)
        cells = draw_showers(geometry, mesh, energies, point.angle_deg, random)
        yield Block(point, energies, cells)


def _selected(address: str, destination: Path, wanted: Wanted) -> list[Supply]:
    where = files.place(address)
    if isinstance(where, Path) and where.resolve() == destination.resolve():
        raise OptionError(f"source and destination are both {destination}. Give another destination.")
    found = sources.find(where)
    chosen = wanted.chosen(found, address)
    mesh = sources.mesh_of([piece for point in chosen for piece in found[point]], wanted.mesh)
    return [_taken(point, found[point], mesh, wanted.showers) for point in chosen]


def _taken(point: Point, pieces: list[Piece], mesh: Mesh, at_most: int | None) -> Supply:
    there = sum(piece.count for piece in pieces)
    count = min(there, at_most or there)
    blocks = sources.blocks(pieces, count=count, at_most_bytes=BLOCK_BYTES)
    return Supply(point, mesh, count, (coarsened(block, mesh) for block in blocks))


def main() -> int:
    """Prepare a data set from the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m training.prepare", description=__doc__.splitlines()[0], parents=[Options()]
    )
    parser.add_argument(
        "--source",
        default="",
        help="a folder, file or address of showers; empty or 'generate' generates them",
    )
    parser.add_argument("--destination", type=Path, required=True, help="the folder to fill")
    options = vars(parser.parse_args())
    source, destination = options.pop("source"), options.pop("destination")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    return answer(lambda: prepare(source, destination, **options))


if __name__ == "__main__":
    sys.exit(main())
