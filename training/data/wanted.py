# SPDX-License-Identifier: Apache-2.0
"""What a data set shall hold, as the options of `training.prepare` say it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import NoReturn

from training.command import listed, number, whole
from training.errors import DataError, OptionError
from training.geometry import GEOMETRIES, Mesh, Point, geometry_named, parse_mesh, plain

GENERATOR: Mapping[str, str] = {
    "geometries": ",".join(GEOMETRIES),
    "energies": "64,128,256",
    "angles": "50,90",
    "showers": "500",
    "mesh": "18x16x9",
    "validation": "0.3",
    "test": "0.2",
}
"""For the generator. The published set has 11 energies, 1 to 1024 GeV, and 5 angles, 50 to 90 degrees.

More is held back than of 10,000 showers a point: two samples of 20 showers lie 0.38 apart in the physics
distance, two of 150 lie 0.14 apart, which leaves room to tell one trial from another.
"""


@dataclass(frozen=True)
class Wanted:
    """What the data set shall hold; when selecting from files, an empty list or None takes all they have."""

    geometries: tuple[str, ...] = ()
    energies: tuple[float, ...] = ()
    angles: tuple[float, ...] = ()
    showers: int | None = None
    mesh: Mesh | None = None
    seed: int = 1
    validation: float = 0.1
    test: float = 0.1

    def includes(self, point: Point) -> bool:
        """Whether a point of somebody's files was asked for."""
        one_energy = point.highest_gev is None
        return (
            (not self.geometries or point.geometry in self.geometries)
            and (not self.energies or (one_energy and point.energy_gev in self.energies))
            and (not self.angles or point.angle_deg in self.angles)
        )

    @property
    def lists(self) -> dict[str, tuple[str, ...]]:
        """The values that were asked for, by option, as text; none where all are taken."""
        numbers = {"energies": self.energies, "angles": self.angles}
        texts = {name: tuple(map(plain, values)) for name, values in numbers.items()}
        return {"geometries": self.geometries, **texts}

    def check_found(self, points: Collection[Point], where: str) -> None:
        """Refuse files in which a value that was asked for has no point: a download may be incomplete.

        Raises:
            DataError: A calorimeter, an energy or an angle is missing.
        """
        there = {
            "geometries": {point.geometry for point in points},
            "energies": {plain(point.energy_gev) for point in points},
            "angles": {plain(point.angle_deg) for point in points},
        }
        for name, asked in self.lists.items():
            if missing := [value for value in asked if value not in there[name]]:
                raise DataError(
                    f"{where}: no showers of {name} {', '.join(missing)} among the {len(points)} points that "
                    "were asked for. Fetch the missing files, or leave these values out."
                )

    def recipe(self, source: str) -> dict[str, object]:
        """Return what it takes to make the same set again, as JSON has it."""
        lists = {name: list(getattr(self, name)) or None for name in self.lists}
        mesh = None if self.mesh is None else str(self.mesh)
        return {"source": source, **asdict(self), **lists, "mesh": mesh}


class Options(argparse.ArgumentParser):
    """Reads the options of `Wanted`, from Python as well: what cannot be used is an OptionError."""

    def __init__(self) -> None:
        super().__init__(add_help=False, allow_abbrev=False, argument_default=argparse.SUPPRESS)
        positive = partial(number, above=0.0)
        types: dict[str, Callable[[str], object]] = {
            "geometries": partial(listed, of=lambda name: geometry_named(name).name),
            "energies": partial(listed, of=positive),
            "angles": partial(listed, of=positive),
            "showers": partial(whole, least=1),
            "mesh": parse_mesh,
            "seed": whole,
            "validation": positive,
            "test": positive,
        }
        for name, read in types.items():
            default = getattr(Wanted, name)
            told = [f"default: {default}"] if default else []
            told += [f"default when generating: {GENERATOR[name]}"] if name in GENERATOR else []
            self.add_argument(f"--{name}", type=read, help="; ".join(told))

    def error(self, message: str) -> NoReturn:
        """Raise what argparse would print."""
        raise OptionError(message)


def read_options(options: Mapping[str, object]) -> Wanted:
    """Check the options, each a value or its text; one that is missing or None has its default.

    Raises:
        OptionError: An option is unknown or has no usable value.
    """
    given = [f"--{name}={_text(value)}" for name, value in options.items() if value is not None]
    wanted = Wanted(**vars(Options().parse_args(given)))
    if wanted.validation + wanted.test >= 1.0:
        raise OptionError(
            f"validation {wanted.validation:g} and test {wanted.test:g} leave nothing to train. Lower one."
        )
    for name, values in wanted.lists.items():  # a point that is asked for twice would be written twice
        if twice := [value for value in values if values.count(value) > 1]:
            raise OptionError(f"{name} has {twice[0]} twice. Name it once.")
    return wanted


def _text(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
