# SPDX-License-Identifier: Apache-2.0
"""How a trained model leaves its trial: the model's file first, ``model.json`` last.

A folder without a valid ``model.json`` holds no model. It names every file with its SHA-256 and size, and the
metrics of the very epoch whose weights the files hold.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import equinox as eqx

from training.errors import ModelError
from training.vae.model import VAE, Architecture

WEIGHTS = "vae.eqx"
MANIFEST = "model.json"


def clear(folder: Path) -> None:
    """Make the folder, and take back what an earlier attempt declared."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)


def save(
    folder: Path,
    model: VAE,
    architecture: Architecture,
    *,
    epoch: int,
    metrics: Mapping[str, float],
    parameters: Mapping[str, object],
) -> None:
    """Write a model and declare it.

    Args:
        folder: The trial's own folder.
        model: The weights of `epoch`.
        architecture: What it takes to load them; stands in the first line of the weights' file.
        epoch: The epoch of the weights and of the metrics.
        metrics: What was measured at that epoch.
        parameters: The hyperparameters that led there.
    """
    clear(folder)
    with (folder / WEIGHTS).open("wb") as file:
        file.write(json.dumps(asdict(architecture)).encode() + b"\n")
        eqx.tree_serialise_leaves(file, model)
    declared = {
        "files": {WEIGHTS: _describe(folder / WEIGHTS)},
        "metrics": dict(metrics),
        "epoch": epoch,
        "parameters": dict(parameters),
    }
    unfinished = folder / f".{MANIFEST}"
    unfinished.write_text(json.dumps(declared, indent=2) + "\n")
    unfinished.replace(folder / MANIFEST)


def load(model: Path) -> tuple[VAE, Architecture]:
    """Read a model from its folder or file.

    Raises:
        ModelError: It is missing, damaged or of another kind.
    """
    path = model / WEIGHTS if model.is_dir() else model
    if not path.is_file():
        raise ModelError(f"{path}: missing. Give the folder that a training wrote to.")
    with path.open("rb") as file:
        try:
            header = json.loads(file.readline())
            architecture = Architecture(tuple(header["mesh"]), int(header["latent_dim"]))
            like = VAE(architecture, seed=0)
            return eqx.tree_deserialise_leaves(file, like), architecture
        except (ValueError, KeyError, TypeError, RuntimeError, EOFError) as err:
            raise ModelError(
                f"{path}: not a model of this package, or damaged ({err}). Train it again."
            ) from err


def _describe(path: Path) -> dict[str, str | int]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"sha256": digest, "bytes": path.stat().st_size}
