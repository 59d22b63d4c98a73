# SPDX-License-Identifier: Apache-2.0
"""How a trained model leaves its trial: the model's files first, ``model.json`` last.

A folder without a valid ``model.json`` holds no model. It names every file with its SHA-256 and size, and the
metrics of the very epoch whose weights the files hold.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import astuple
from pathlib import Path
from tempfile import TemporaryDirectory

import equinox as eqx

from training.data.declaration import described
from training.data.files import Place, below, make, put, remove
from training.errors import ModelError
from training.geometry import Mesh
from training.vae.model import VAE
from training.vae.state import METRICS, Progress

WEIGHTS = "vae.eqx"
CURVES = "curves.csv"
MANIFEST = "model.json"
FORMAT = 2
"""Of the weights' file; 1 had neither a format nor the widths of the layers."""


def clear(where: Place) -> None:
    """Make the folder, and take back what an earlier attempt declared.

    Raises:
        DataError: It cannot be written to, or there is no such bucket.
    """
    make(where)
    remove(below(where, MANIFEST))


def save(where: Place, trained: Progress, *, parameters: Mapping[str, object]) -> None:
    """Write the model of the best epoch and the curves of all of them, and declare both.

    Args:
        where: The trial's own folder or address.
        trained: Where the training ended.
        parameters: The hyperparameters that led there; they stand in the weights' file as well.

    Raises:
        DataError: It cannot be written to, or there is no such bucket.
    """
    clear(where)
    with TemporaryDirectory() as name:
        folder = Path(name)
        _write_weights(folder / WEIGHTS, trained.best, parameters)
        with (folder / CURVES).open("w", newline="") as file:
            rows = [("epoch", *METRICS), *map(astuple, trained.curve)]
            csv.writer(file, lineterminator="\n").writerows(rows)
        declared = {
            "files": {name: described(folder, name) for name in (WEIGHTS, CURVES)},
            "metrics": trained.best_epoch.metrics,
            "epoch": trained.best_epoch.number,
            "parameters": dict(parameters),
        }
        (folder / MANIFEST).write_text(json.dumps(declared, indent=2) + "\n")
        for name in (WEIGHTS, CURVES, MANIFEST):
            put(folder / name, where, name)


def _write_weights(path: Path, model: VAE, parameters: Mapping[str, object]) -> None:
    """Write the weights behind a line that says what it takes to load them."""
    shape = {"mesh": model.mesh.shape, "latent_dim": model.latent_dim, "hidden": model.hidden}
    header = {"format": FORMAT, **shape, "parameters": dict(parameters)}
    with path.open("wb") as file:
        file.write(json.dumps(header).encode() + b"\n")
        eqx.tree_serialise_leaves(file, model)


def load(model: Path) -> VAE:
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
            if "mesh" in header and (found := header.get("format", 1)) != FORMAT:
                raise ModelError(f"{path}: has format {found}, this version reads {FORMAT}. Train it again.")
            mesh = Mesh(*map(int, header["mesh"]))
            untrained = VAE(mesh, int(header["latent_dim"]), tuple(header["hidden"]), seed=0)
            loaded: VAE = eqx.tree_deserialise_leaves(file, untrained)
        except (ValueError, KeyError, TypeError, RuntimeError, EOFError) as err:
            raise ModelError(
                f"{path}: not a model of this package, or damaged ({err}). Train it again."
            ) from err
    return loaded
