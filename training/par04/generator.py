# SPDX-License-Identifier: Apache-2.0
"""An exported model at work: conditions in, showers out; it needs ONNX Runtime and no JAX."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as reasons

from training.errors import ModelError
from training.geometry import Mesh, parse_mesh
from training.scaling import Floats

FILE_NAME = "Generator.onnx"
"""The name that Par04's macros load."""
BATCH_BYTES = 64 * 2**20
"""What one call of ONNX Runtime returns at most: 414 showers of the full mesh."""
UNLOADABLE = (reasons.Fail, reasons.InvalidArgument, reasons.InvalidGraph, reasons.InvalidProtobuf)
"""ONNX Runtime's exceptions have no base class of their own."""


def file_of(model: Path) -> Path:
    """The ONNX file of an exported model, which is its folder or the file itself."""
    return model / FILE_NAME if model.is_dir() else model


class Generator:
    """An open ONNX session of the exported decoder.

    Args:
        model: The folder that `training.export` wrote, or one ONNX file of it.
        threads: How many cores one call may use; None leaves it to ONNX Runtime, which takes all.

    Attributes:
        facts: The file's own metadata, all text.
        mesh: Of the showers.
        latent_dim: How many random numbers make a shower.

    Raises:
        ModelError: The file is missing, damaged or was not written by `training.export`.
    """

    def __init__(self, model: Path, *, threads: int | None = None) -> None:
        path = file_of(model)
        if not path.is_file():
            raise ModelError(f"{path}: missing. Give the folder that training.export wrote.")
        try:
            self._session = _open(path, threads)
            self.facts: Mapping[str, str] = self._session.get_modelmeta().custom_metadata_map
            self.mesh: Mesh = parse_mesh(self.facts["mesh"])
            self.latent_dim = int(self.facts["latent_dim"])
        except KeyError as err:
            raise ModelError(
                f"{path}: has no entry {err} in its metadata. Export it by training.export."
            ) from err
        except UNLOADABLE as err:
            raise ModelError(f"{path}: ONNX Runtime cannot load it ({err}). Export the model again.") from err

    def draw(self, conditions: Floats, random: np.random.Generator) -> Floats:
        """Generate one shower for each row of conditions.

        Args:
            conditions: What `training.scaling.conditions` returns, shape (showers, 4).
            random: Gives the latent numbers. The showers do not depend on how they are batched, but for the
                8-bit variant a little: its ranges are those of a batch.

        Returns:
            Fractions of the incident energy, shape (showers, r, phi, z).
        """
        latent = random.standard_normal((len(conditions), self.latent_dim)).astype(np.float32)
        return self.decode(latent, conditions)

    def decode(self, latent: Floats, conditions: Floats) -> Floats:
        """Return the showers of these latent numbers, shape (showers, latent_dim), as `draw` does."""
        inputs = np.concatenate([latent, conditions], axis=1, dtype=np.float32)
        showers = np.empty((len(inputs), self.mesh.cells), dtype=np.float32)
        name = self._session.get_inputs()[0].name
        size = max(1, BATCH_BYTES // showers[:1].nbytes) if len(inputs) else 1
        for start in range(0, len(inputs), size):
            (showers[start : start + size],) = self._session.run(None, {name: inputs[start : start + size]})
        return showers.reshape(-1, *self.mesh.shape)


def _open(path: Path, threads: int | None) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or 0
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
