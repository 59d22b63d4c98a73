# SPDX-License-Identifier: Apache-2.0
"""What a prepared data set says about itself: ``dataset.json``, written last, so that half a set is none.

Below its folder lie ``{training,validation,test}/{geometry}/{geometry}_angle_{degrees}.h5``, each part laid
out like the published showers (Zenodo 10.5281/zenodo.6082201): one dataset for each energy, whose key is the
energy in GeV, of shape (showers, r, phi, z), in MeV. Where every shower has an energy of its own, the key is
``{lowest}-{highest}`` and a second dataset, ``{lowest}-{highest}_energies_gev``, has the energies.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.data import files
from training.data.files import Place
from training.errors import DataError, OptionError
from training.geometry import GEOMETRIES, Mesh, Point, parse_mesh, plain

NAME = "dataset.json"
UNFINISHED = f"{NAME}.unfinished"
"""Lies there while a set is being made, and where its making was ended."""
PARTS = ("training", "validation", "test")
GENERATED = "generate"
"""The source of a set whose showers are drawn by `training.showers`."""
UNITS = {"cells": "MeV", "energies": "GeV", "angles": "degrees", "lengths": "mm"}


@dataclass(frozen=True)
class Declaration:
    """A prepared data set in words and numbers; counts are by part, then by point."""

    mesh: Mesh
    counts: Mapping[str, Mapping[Point, int]]
    recipe: Mapping[str, Any]
    files: Mapping[str, Mapping[str, Any]]

    @property
    def points(self) -> list[Point]:
        """The points, in order; every part has them all."""
        return sorted(self.counts[PARTS[0]])


def file_of(part: str, point: Point) -> str:
    """Where the showers of a point lie below the folder."""
    return f"{part}/{point.geometry}/{point.geometry}_angle_{plain(point.angle_deg)}.h5"


def key_of(point: Point) -> str:
    """The dataset of a point in its file."""
    lowest = plain(point.energy_gev)
    return lowest if point.highest_gev is None else f"{lowest}-{plain(point.highest_gev)}"


def energies_key_of(point: Point) -> str:
    """The dataset of each shower's energy, where they differ."""
    return f"{key_of(point)}_energies_gev"


def described(folder: Path, name: str) -> dict[str, Any]:
    """Return the checksum and size of a file below a folder."""
    with (folder / name).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"sha256": digest, "bytes": (folder / name).stat().st_size}


def begin(folder: Path, recipe: Mapping[str, Any]) -> None:
    """Make the folder ours, and take back what an earlier call with this recipe left in it.

    Raises:
        DataError: It holds another set, or files that no call of ours left.
    """
    if (folder / NAME).is_file():
        _refuse_other(folder, recipe)
        (folder / NAME).rename(folder / UNFINISHED)
    left = [path for part in PARTS for path in sorted((folder / part).glob("*/*.h5"))]
    if left and not (folder / UNFINISHED).is_file():
        raise DataError(f"{left[0]}: not left by a call of ours. Give an empty folder as destination.")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / UNFINISHED).write_text(json.dumps({"recipe": recipe}, indent=2) + "\n")
    for path in left:
        path.unlink()


def finish(folder: Path, declaration: Declaration) -> None:
    """Declare a data set; its files are there already."""
    (folder / UNFINISHED).write_text(json.dumps(_as_json(declaration), indent=2) + "\n")
    (folder / UNFINISHED).replace(folder / NAME)


def read(folder: Place) -> Declaration:
    """Read what a prepared data set declares.

    Raises:
        DataError: It declares nothing, or something else.
    """
    text = files.read(files.below(folder, NAME))
    if text is None:
        raise DataError(_undeclared(folder))
    try:
        return _from_json(json.loads(text))
    except (ValueError, KeyError, TypeError, OptionError) as err:
        raise DataError(
            f"{files.below(folder, NAME)}: not a declaration of showers ({err!r}). "
            "Prepare the set in an empty folder."
        ) from err


def digest(folder: Place) -> str:
    """Return the SHA-256 of what a data set declares, its files' own sums among it."""
    return hashlib.sha256(files.read(files.below(folder, NAME)) or b"").hexdigest()


def metadata(declaration: Declaration) -> dict[str, str | int | float]:
    """Return it as an artifact's metadata: text and numbers only; lists are JSON text."""
    whole = _as_json(declaration)
    kept = ("units", "geometries", "energies", "angles", "counts")
    return {
        "geometry": json.dumps(sorted(whole["geometries"])),
        **{name: json.dumps(whole[name]) for name in kept},
        "checksums": json.dumps({name: file["sha256"] for name, file in declaration.files.items()}),
        "showers": sum(sum(part.values()) for part in declaration.counts.values()),
        "mesh": str(declaration.mesh),
        "source": str(declaration.recipe["source"]),
        "seed": int(declaration.recipe["seed"]),
    }


def _refuse_other(folder: Path, recipe: Mapping[str, Any]) -> None:
    earlier = read(folder).recipe
    for name, value in recipe.items():
        if value != earlier.get(name):
            raise DataError(
                f"{folder}: holds a data set of {name} {earlier.get(name)}, not {value}. "
                "Give an empty folder."
            )


def _undeclared(folder: Place) -> str:
    if isinstance(folder, Path) and not folder.is_dir():
        return f"{folder}: not a folder. Give the folder that training.prepare wrote to."
    if files.size(files.below(folder, UNFINISHED)) is not None:
        return f"{folder}: half a data set, without {NAME}: its preparation was ended early. Run it again."
    return (
        f"{folder}: not a prepared data set: it has no {NAME}. Run "
        f"`python -m training.prepare --source {folder} --destination FOLDER` and give that FOLDER."
    )


def _as_json(declaration: Declaration) -> dict[str, Any]:
    points = declaration.points
    names = sorted({point.geometry for point in points})
    return {
        "units": UNITS,
        "mesh": str(declaration.mesh),
        "geometries": {name: _geometry(name, declaration.mesh) for name in names},
        "energies": sorted({energy for p in points for energy in (p.energy_gev, p.highest_gev) if energy}),
        "angles": sorted({point.angle_deg for point in points}),
        "counts": {part: sum(counts.values()) for part, counts in declaration.counts.items()},
        "points": [
            {
                "point": str(point),
                "geometry": point.geometry,
                "angle_deg": point.angle_deg,
                "energy_gev": point.energy_gev,
                "highest_gev": point.highest_gev,
                "counts": {part: declaration.counts[part][point] for part in PARTS},
            }
            for point in points
        ],
        "recipe": dict(declaration.recipe),
        "files": dict(declaration.files),
    }


def _geometry(name: str, mesh: Mesh) -> dict[str, Any]:
    geometry = GEOMETRIES[name]
    return {
        "layers": geometry.layers,
        "absorber": f"{geometry.absorber_mm:g} mm {geometry.absorber.name}",
        "active": f"{geometry.active_mm:g} mm {geometry.active.name}",
        "cell_r_mm": round(geometry.radius_mm / mesh.r, 6),
        "cell_z_mm": round(geometry.depth_mm / mesh.z, 6),
    }


def _from_json(whole: Mapping[str, Any]) -> Declaration:
    counts: dict[str, dict[Point, int]] = {part: {} for part in PARTS}
    for entry in whole["points"]:
        highest = entry["highest_gev"]
        point = Point(
            str(entry["geometry"]),
            float(entry["angle_deg"]),
            float(entry["energy_gev"]),
            None if highest is None else float(highest),
        )
        for part in PARTS:
            counts[part][point] = int(entry["counts"][part])
    return Declaration(parse_mesh(whole["mesh"]), counts, dict(whole["recipe"]), dict(whole["files"]))
