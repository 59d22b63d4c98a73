# SPDX-License-Identifier: Apache-2.0
"""What a data set shall hold, as the options of `training.prepare` say it."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields

from training.errors import DataError, OptionError
from training.geometry import Geometry, Mesh, geometry_named, parse_mesh
from training.options import number, numbers, texts, whole
from training.point import Point, plain

SPLIT = {"validation": 0.1, "test": 0.1}
DEFAULT_SEED = 1


@dataclass(frozen=True)
class Wanted:
    """What the data set shall hold; when selecting from files, None takes all that they have."""

    geometries: tuple[Geometry, ...] | None
    energies: tuple[float, ...] | None
    angles: tuple[float, ...] | None
    showers: int | None
    mesh: Mesh | None
    seed: int
    validation: float
    test: float

    def includes(self, point: Point) -> bool:
        """Whether a point of somebody's files was asked for."""
        return (
            (self.geometries is None or point.geometry in [geometry.name for geometry in self.geometries])
            and (self.energies is None or (point.highest_gev is None and point.energy_gev in self.energies))
            and (self.angles is None or point.angle_deg in self.angles)
        )

    @property
    def lists(self) -> dict[str, tuple[str | float, ...]]:
        """The values that were asked for, by option; none where all are taken."""
        return {
            "geometries": tuple(geometry.name for geometry in self.geometries or ()),
            "energies": self.energies or (),
            "angles": self.angles or (),
        }

    def check_found(self, points: Collection[Point], where: str) -> None:
        """Refuse files in which a value that was asked for has no point: a download may be incomplete.

        Raises:
            DataError: A calorimeter, an energy or an angle is missing.
        """
        there: dict[str, set[str | float]] = {
            "geometries": {point.geometry for point in points},
            "energies": {point.energy_gev for point in points},
            "angles": {point.angle_deg for point in points},
        }
        for name, asked in self.lists.items():
            missing = [_shown(value) for value in asked if value not in there[name]]
            if missing:
                raise DataError(
                    f"{where}: no showers of {name} {', '.join(missing)} among the {len(points)} points that "
                    "were asked for. Fetch the missing files, or leave these values out."
                )

    def recipe(self, source: str) -> dict[str, object]:
        """Return what it takes to make the same set again, as JSON has it."""
        return {
            "source": source,
            "geometries": None
            if self.geometries is None
            else [geometry.name for geometry in self.geometries],
            "energies": None if self.energies is None else list(self.energies),
            "angles": None if self.angles is None else list(self.angles),
            "showers": self.showers,
            "mesh": None if self.mesh is None else str(self.mesh),
            "seed": self.seed,
            "validation": self.validation,
            "test": self.test,
        }


def read_options(options: Mapping[str, object]) -> Wanted:
    """Check the options; a missing or None option is None, or its default.

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
    held = {name: number(given.get(name, SPLIT[name]), name=name, above=0.0) for name in SPLIT}
    if sum(held.values()) >= 1.0:
        raise OptionError(
            f"validation {held['validation']:g} and test {held['test']:g} leave nothing to train."
        )
    wanted = Wanted(
        geometries=tuple(geometry_named(name) for name in texts(given["geometries"], name="geometries"))
        if "geometries" in given
        else None,
        energies=numbers(given["energies"], name="energies", above=0.0) if "energies" in given else None,
        angles=numbers(given["angles"], name="angles", above=0.0) if "angles" in given else None,
        showers=whole(given["showers"], name="showers", least=1) if "showers" in given else None,
        mesh=parse_mesh(str(given["mesh"])) if "mesh" in given else None,
        seed=whole(given.get("seed", DEFAULT_SEED), name="seed"),
        **held,
    )
    _refuse_doubles(wanted)
    return wanted


def _refuse_doubles(wanted: Wanted) -> None:
    """A point that is asked for twice would be written twice."""
    for name, values in wanted.lists.items():
        for value in values:
            if values.count(value) > 1:
                raise OptionError(f"{name} has {_shown(value)} twice. Name it once.")


def _shown(value: str | float) -> str:
    return value if isinstance(value, str) else plain(value)
