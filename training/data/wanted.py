# SPDX-License-Identifier: Apache-2.0
"""What a data set shall hold, as the options of `training.prepare` say it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import NoReturn

from training.command import count, listed, positive, whole
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

    @property
    def lists(self) -> dict[str, tuple[str, ...]]:
        """The values that were asked for, by option, as text; none where all are taken."""
        energies, angles = (tuple(map(plain, values)) for values in (self.energies, self.angles))
        return {"geometries": self.geometries, "energies": energies, "angles": angles}

    def chosen(self, points: Collection[Point], where: str) -> list[Point]:
        """Return those points of somebody's files that were asked for.

        Raises:
            DataError: None of them was; or a calorimeter, an energy or an angle that was asked for has none:
                a download may be incomplete.
        """
        named = {point: _named(point) for point in points}
        lists = {name: asked for name, asked in self.lists.items() if asked}
        chosen = [point for point in points if all(named[point][name] in lists[name] for name in lists)]
        if not chosen:
            first = next(iter(points))
            raise DataError(
                f"{where}: none of its {len(points)} points was asked for. One that is there: {first}."
            )
        for name, asked in lists.items():
            there = {named[point][name] for point in chosen}
            if missing := [value for value in asked if value not in there]:
                raise DataError(
                    f"{where}: no showers of {name} {', '.join(missing)} among the {len(chosen)} points that "
                    "were asked for. Fetch the missing files, or leave these values out."
                )
        return chosen

    def recipe(self, source: str) -> dict[str, object]:
        """Return what it takes to make the same set again, as JSON has it."""
        lists = {name: list(getattr(self, name)) or None for name in self.lists}
        return {"source": source, **asdict(self), **lists, "mesh": self.mesh and str(self.mesh)}


def _named(point: Point) -> dict[str, str]:
    """How each list of `Wanted` would name a point; to a range of energies it gives no number."""
    energy = plain(point.energy_gev) if point.highest_gev is None else ""
    return {"geometries": point.geometry, "energies": energy, "angles": plain(point.angle_deg)}


class Options(argparse.ArgumentParser):
    """Reads the options of `Wanted`, from Python as well: what cannot be used is an OptionError."""

    def __init__(self) -> None:
        super().__init__(add_help=False, allow_abbrev=False, argument_default=argparse.SUPPRESS)
        types: dict[str, Callable[[str], object]] = {
            "geometries": partial(listed, of=lambda name: geometry_named(name).name),
            "energies": partial(listed, of=positive),
            "angles": partial(listed, of=positive),
            "showers": count,
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


def read_options(options: Mapping[str, object], defaults: Mapping[str, str]) -> Wanted:
    """Check the options, each a value or its text; one that is missing or None has its default.

    Raises:
        OptionError: An option is unknown or has no usable value.
    """
    given = {name: _text(value) for name, value in options.items() if value is not None}
    arguments = [f"--{name}={text}" for name, text in {**defaults, **given}.items()]
    wanted = Wanted(**vars(Options().parse_args(arguments)))
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
