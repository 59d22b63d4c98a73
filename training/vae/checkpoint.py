# SPDX-License-Identifier: Apache-2.0
"""How a trained model leaves its trial: the model's files first, ``model.json`` last.

A folder without a valid ``model.json`` holds no model. It names every file with its SHA-256 and size, and the
metrics of the very epoch whose weights the files hold.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple, fields
from pathlib import Path
from typing import Any

import equinox as eqx

from training.errors import ModelError
from training.vae.model import VAE, Architecture
from training.vae.progress import Epoch

WEIGHTS = "vae.eqx"
CURVES = "curves.csv"
MANIFEST = "model.json"
FORMAT = 2
"""Of the weights' file; 1 had neither a format nor the widths of the layers."""


def clear(folder: Path) -> None:
    """Make the folder, and take back what an earlier attempt declared."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)


def save(
    folder: Path,
    model: VAE,
    architecture: Architecture,
    *,
    best: Epoch,
    curve: Sequence[Epoch],
    parameters: Mapping[str, object],
) -> None:
    """Write a model and declare it.

    Args:
        folder: The trial's own folder.
        model: The weights of epoch `best`.
        architecture: What it takes to load them; stands in the first line of the weights' file.
        best: The epoch of the weights and of the declared metrics.
        curve: Every epoch, for ``curves.csv``.
        parameters: The hyperparameters that led there; they stand in the weights' file as well.
    """
    clear(folder)
    header = {"format": FORMAT, **asdict(architecture), "parameters": dict(parameters)}
    with (folder / WEIGHTS).open("wb") as file:
        file.write(json.dumps(header).encode() + b"\n")
        eqx.tree_serialise_leaves(file, model)
    _write_curve(folder / CURVES, curve)
    declared = {
        "files": {name: _describe(folder / name) for name in (WEIGHTS, CURVES)},
        "metrics": best.metrics,
        "epoch": best.number,
        "parameters": dict(parameters),
    }
    unfinished = folder / f".{MANIFEST}"
    unfinished.write_text(json.dumps(declared, indent=2) + "\n")
    unfinished.replace(folder / MANIFEST)


def load(model: Path) -> tuple[VAE, Architecture]:
    """Read a model from its folder or file.

    Raises:
        ModelError: It is missing, damaged, of an earlier format or of another kind.
    """
    path = model / WEIGHTS if model.is_dir() else model
    if not path.is_file():
        raise ModelError(f"{path}: missing. Give the folder that a training wrote to.")
    with path.open("rb") as file:
        try:
            header = json.loads(file.readline())
            _check_format(path, header)
            r, phi, z = map(int, header["mesh"])
            architecture = Architecture((r, phi, z), int(header["latent_dim"]), tuple(header["hidden"]))
            return eqx.tree_deserialise_leaves(file, VAE(architecture, seed=0)), architecture
        except (ValueError, KeyError, TypeError, RuntimeError, EOFError) as err:
            raise ModelError(
                f"{path}: not a model of this package, or damaged ({err}). Train it again."
            ) from err


def _check_format(path: Path, header: dict[str, Any]) -> None:
    if "mesh" in header and header.get("format") != FORMAT:
        raise ModelError(
            f"{path}: has format {header.get('format', 1)}, this version reads {FORMAT}. Train it again."
        )


def _write_curve(path: Path, curve: Sequence[Epoch]) -> None:
    names = ["epoch" if field.name == "number" else field.name for field in fields(Epoch)]
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([names, *map(astuple, curve)])


def _describe(path: Path) -> dict[str, str | int]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"sha256": digest, "bytes": path.stat().st_size}
