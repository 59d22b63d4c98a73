# SPDX-License-Identifier: Apache-2.0
"""How a trained model leaves its trial: the model's files first, ``model.json`` last.

A folder without a valid ``model.json`` holds no model. It names every file with its SHA-256 and size, and the
metrics of the very epoch whose weights the files hold.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import equinox as eqx

from training.data.declaration import described
from training.data.files import Place, below, make, put, remove
from training.errors import ModelError
from training.vae.model import VAE, Architecture
from training.vae.state import Epoch

WEIGHTS = "vae.eqx"
CURVES = "curves.csv"
MANIFEST = "model.json"
FORMAT = 2
"""Of the weights' file; 1 had neither a format nor the widths of the layers."""


@dataclass(frozen=True)
class Fitted:
    """The model of the epoch with the lowest physics distance, and the way there."""

    model: VAE
    architecture: Architecture
    best: Epoch
    """The epoch of the weights and of the declared metrics."""
    curve: tuple[Epoch, ...]


def clear(where: Place) -> None:
    """Make the folder, and take back what an earlier attempt declared.

    Raises:
        DataError: It cannot be written to, or there is no such bucket.
    """
    make(where)
    remove(below(where, MANIFEST))


def save(where: Place, fitted: Fitted, *, parameters: Mapping[str, object]) -> None:
    """Write a model and declare it.

    Args:
        where: The trial's own folder or address.
        fitted: What the training came to.
        parameters: The hyperparameters that led there; they stand in the weights' file as well.

    Raises:
        DataError: It cannot be written to, or there is no such bucket.
    """
    clear(where)
    with TemporaryDirectory() as name:
        folder = Path(name)
        _write_weights(folder / WEIGHTS, fitted, parameters)
        _write_curve(folder / CURVES, fitted.curve)
        declared = {
            "files": {name: described(folder, name) for name in (WEIGHTS, CURVES)},
            "metrics": fitted.best.metrics,
            "epoch": fitted.best.number,
            "parameters": dict(parameters),
        }
        (folder / MANIFEST).write_text(json.dumps(declared, indent=2) + "\n")
        for name in (WEIGHTS, CURVES, MANIFEST):
            put(folder / name, where, name)


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


def _write_weights(path: Path, fitted: Fitted, parameters: Mapping[str, object]) -> None:
    """Write the weights behind a line that says what it takes to load them."""
    header = {"format": FORMAT, **asdict(fitted.architecture), "parameters": dict(parameters)}
    with path.open("wb") as file:
        file.write(json.dumps(header).encode() + b"\n")
        eqx.tree_serialise_leaves(file, fitted.model)


def _write_curve(path: Path, curve: Sequence[Epoch]) -> None:
    names = ["epoch" if field.name == "number" else field.name for field in fields(Epoch)]
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([names, *map(astuple, curve)])
