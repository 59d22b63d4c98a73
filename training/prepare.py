# SPDX-License-Identifier: Apache-2.0
"""Makes the data set of a tuning: generates showers, or selects from files that are there.

python -m training.prepare --destination data --geometries SiW --energies 64,128 --angles 50,90 --showers 200
"""

from __future__ import annotations

import argparse
import difflib
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.command import answer
from training.data import layout
from training.errors import DataError, OptionError
from training.geometry import GEOMETRIES, Geometry, Mesh, geometry_named, parse_mesh
from training.options import numbers, texts, whole
from training.point import Point
from training.showers.shower import draw_showers

GENERATE = ("", "generate")


@dataclass(frozen=True)
class Wanted:
    """What the data set shall hold; when selecting from files, None takes all that they have."""

    geometries: tuple[Geometry, ...] | None
    energies: tuple[float, ...] | None
    angles: tuple[float, ...] | None
    showers: int | None
    mesh: Mesh | None
    seed: int


DEFAULTS: Mapping[str, object] = {
    "geometries": ",".join(GEOMETRIES),
    "energies": "64,128,256",
    "angles": "50,90",
    "showers": 200,
    "mesh": "18x16x9",
    "seed": 1,
}
"""For the generator. The published set has 11 energies, 1 to 1024 GeV, and 5 angles, 50 to 90 degrees."""


def prepare(source: str, destination: Path, **options: object) -> dict[str, str | int | float]:
    """Fill a folder with showers in the layout of `training.data.layout`.

    Args:
        source: Empty or ``generate`` for generated showers; else a folder with files of that layout.
        destination: The folder to fill.
        **options: ``geometries`` (SciPb, SiW), ``energies`` (GeV), ``angles`` (degrees, 90 is perpendicular),
            ``showers`` (for each point), ``mesh`` (``18x16x9``: r, phi, z; when files are read, only divisors
            of their mesh) and ``seed``. Lists may be text separated by commas.

    Returns:
        Metadata for an artifact: text and finite numbers only; lists are JSON text.

    Raises:
        OptionError: An option is unknown or has no usable value.
        DataError: The source is not a folder of showers, or lacks what was asked for.
    """
    destination = Path(destination)
    if source in GENERATE:
        wanted = read_options({**DEFAULTS, **options})
        made = _generated(wanted)
    else:
        wanted = read_options(options)
        if Path(source).resolve() == destination.resolve():
            raise OptionError(f"source and destination are both {destination}. Give another destination.")
        made = _selected(Path(source), wanted)
    counts: dict[Point, int] = {}
    mesh = ""
    for point, showers in made:
        layout.write(destination, point, showers)
        counts[point] = len(showers)
        mesh = "x".join(map(str, showers.shape[1:]))
    _refuse_others(destination, counts)
    return _metadata(source or "generate", counts, mesh, wanted)


def read_options(options: Mapping[str, object]) -> Wanted:
    """Check the options; a missing or None option is None.

    Raises:
        OptionError: An option is unknown or has no usable value.
    """
    known = [field.name for field in fields(Wanted)]
    for name in options:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"Known: {', '.join(known)}."
            raise OptionError(f"option {name!r} is not known. {hint}")
    given = {name: value for name, value in options.items() if value is not None}
    return Wanted(
        geometries=tuple(geometry_named(name) for name in texts(given["geometries"], name="geometries"))
        if "geometries" in given
        else None,
        energies=numbers(given["energies"], name="energies", above=0.0) if "energies" in given else None,
        angles=numbers(given["angles"], name="angles", above=0.0) if "angles" in given else None,
        showers=whole(given["showers"], name="showers", least=1) if "showers" in given else None,
        mesh=parse_mesh(str(given["mesh"])) if "mesh" in given else None,
        seed=whole(given.get("seed", 1), name="seed"),
    )


def _generated(wanted: Wanted) -> Iterator[tuple[Point, npt.NDArray[np.float32]]]:
    if None in (wanted.geometries, wanted.energies, wanted.angles, wanted.showers, wanted.mesh):
        raise OptionError("an option of the generator is None. Leave it out to take its default.")
    for geometry in wanted.geometries or ():
        for angle in wanted.angles or ():
            for energy in wanted.energies or ():
                point = Point(geometry.name, angle, energy)
                yield (
                    point,
                    draw_showers(
                        geometry,
                        wanted.mesh or Mesh(),
                        energy,
                        angle,
                        count=wanted.showers or 0,
                        random=np.random.default_rng([wanted.seed, *str(point).encode()]),
                    ),
                )


def _selected(source: Path, wanted: Wanted) -> Iterator[tuple[Point, npt.NDArray[np.float32]]]:
    names = None if wanted.geometries is None else [geometry.name for geometry in wanted.geometries]
    found = layout.points(source)
    chosen = [
        point
        for point in found
        if (names is None or point.geometry in names)
        and (wanted.energies is None or point.energy_gev in wanted.energies)
        and (wanted.angles is None or point.angle_deg in wanted.angles)
    ]
    if not chosen:
        raise DataError(f"{source}: none of its {len(found)} points was asked for. The first is {found[0]}.")
    mesh = layout.mesh_of(source, chosen)
    for point in chosen:
        showers = layout.read(source, point, limit=wanted.showers)
        yield point, coarsened(showers, mesh, wanted.mesh or mesh)


def _refuse_others(destination: Path, made: Mapping[Point, int]) -> None:
    """A repeated call replaces its own points; those of another call would be trained on unseen."""
    others = [point for point in layout.points(destination) if point not in made]
    if others:
        raise DataError(f"{destination}: also holds {others[0]} from an earlier call. Give an empty folder.")


def coarsened(showers: npt.NDArray[np.float32], mesh: Mesh, wanted: Mesh) -> npt.NDArray[np.float32]:
    """Add up neighbouring cells until the mesh is the one wanted.

    Raises:
        OptionError: The meshes do not fit into each other.
    """
    if any(have % want for have, want in zip(mesh.shape, wanted.shape, strict=True)):
        raise OptionError(
            f"mesh {wanted} does not divide the files' mesh {mesh}. Take divisors along r, phi, z."
        )
    r, phi, z = (have // want for have, want in zip(mesh.shape, wanted.shape, strict=True))
    blocks = showers.reshape(len(showers), wanted.r, r, wanted.phi, phi, wanted.z, z)
    return np.asarray(blocks.sum(axis=(2, 4, 6)), dtype=np.float32)


def _metadata(
    source: str, counts: Mapping[Point, int], mesh: str, wanted: Wanted
) -> dict[str, str | int | float]:
    return {
        "geometry": json.dumps(sorted({point.geometry for point in counts})),
        "energies": json.dumps(sorted({point.energy_gev for point in counts})),
        "angles": json.dumps(sorted({point.angle_deg for point in counts})),
        "counts": json.dumps({str(point): count for point, count in counts.items()}),
        "showers": sum(counts.values()),
        "mesh": mesh,
        "units": json.dumps({"cells": "MeV", "energies": "GeV", "angles": "degrees"}),
        "source": source,
        "seed": wanted.seed,
    }


def main() -> int:
    """Prepare a data set from the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.prepare", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--source", default="", help="a folder of showers; empty or 'generate' generates them"
    )
    parser.add_argument("--destination", type=Path, required=True, help="the folder to fill")
    for name, default in DEFAULTS.items():
        parser.add_argument(f"--{name}", help=f"default when generating: {default}")
    arguments = vars(parser.parse_args())
    source, destination = arguments.pop("source"), arguments.pop("destination")
    given = {name: value for name, value in arguments.items() if value is not None}
    return answer(lambda: prepare(source, destination, **given))


if __name__ == "__main__":
    sys.exit(main())
