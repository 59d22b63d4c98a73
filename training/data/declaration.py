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
from dataclasses import asdict, dataclass
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

Shares = Mapping[str, int]
"""How many showers of one point each part gets, by the parts' names, in their order."""


@dataclass(frozen=True)
class Declaration:
    """A prepared data set as it is read: its points, in order, and its files with their bytes."""

    mesh: Mesh
    counts: Mapping[Point, Shares]
    recipe: Mapping[str, Any]
    sizes: Mapping[str, int]


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


def finish(
    folder: Path, mesh: Mesh, counts: Mapping[Point, Shares], recipe: Mapping[str, Any]
) -> dict[str, str | int | float]:
    """Declare a data set whose files are there already.

    Returns:
        What an artifact keeps of it: text and numbers only; lists are JSON text.
    """
    declared = _declared(folder, mesh, counts, recipe)
    (folder / UNFINISHED).write_text(json.dumps(declared, indent=2) + "\n")
    (folder / UNFINISHED).replace(folder / NAME)
    kept = ("units", "geometries", "energies", "angles", "counts")
    return {
        "geometry": json.dumps(list(declared["geometries"])),
        **{name: json.dumps(declared[name]) for name in kept},
        "checksums": json.dumps({name: file["sha256"] for name, file in declared["files"].items()}),
        "showers": sum(declared["counts"].values()),
        "mesh": declared["mesh"],
        "source": recipe["source"],
        "seed": recipe["seed"],
    }


def read(folder: Place) -> Declaration:
    """Read what a prepared data set declares.

    Raises:
        DataError: It declares nothing, or something else.
    """
    text = files.read(files.below(folder, NAME))
    if text is None:
        raise DataError(_undeclared(folder))
    counts = {}
    try:
        whole = json.loads(text)
        for entry in whole["points"]:
            angle, lowest, highest = entry["angle_deg"], entry["energy_gev"], entry["highest_gev"]
            point = Point(str(entry["geometry"]), float(angle), float(lowest), highest and float(highest))
            counts[point] = {part: int(entry["counts"][part]) for part in PARTS}
        sizes = {name: int(file["bytes"]) for name, file in whole["files"].items()}
        return Declaration(parse_mesh(whole["mesh"]), counts, dict(whole["recipe"]), sizes)
    except (ValueError, KeyError, TypeError, AttributeError, OptionError) as err:
        raise DataError(
            f"{files.below(folder, NAME)}: not a declaration of showers ({err!r}). "
            "Prepare the set in an empty folder."
        ) from err


def digest(folder: Place) -> str:
    """Return the SHA-256 of what a data set declares, its files' own sums among it."""
    return hashlib.sha256(files.read(files.below(folder, NAME)) or b"").hexdigest()


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


def _declared(
    folder: Path, mesh: Mesh, counts: Mapping[Point, Shares], recipe: Mapping[str, Any]
) -> dict[str, Any]:
    points = sorted(counts)
    names = sorted({file_of(part, point) for part in PARTS for point in points})
    return {
        "units": UNITS,
        "mesh": str(mesh),
        "geometries": {name: _geometry(name, mesh) for name in sorted({point.geometry for point in points})},
        "energies": sorted({energy for p in points for energy in (p.energy_gev, p.highest_gev) if energy}),
        "angles": sorted({point.angle_deg for point in points}),
        "counts": {part: sum(shares[part] for shares in counts.values()) for part in PARTS},
        "points": [{"point": str(point), **asdict(point), "counts": counts[point]} for point in points],
        "recipe": recipe,
        "files": {name: described(folder, name) for name in names},
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
