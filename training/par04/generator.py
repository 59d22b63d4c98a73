# SPDX-License-Identifier: Apache-2.0
"""An exported model at work: conditions in, showers in MeV out; it needs ONNX Runtime and no JAX."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as reasons

from training.errors import ModelError
from training.geometry import Mesh, parse_mesh
from training.point import Point
from training.scaling import CONDITIONS, Floats, conditions, to_mev

FILE_NAME = "Generator.onnx"
"""The name that Par04's macros load."""


UNLOADABLE = (reasons.Fail, reasons.InvalidArgument, reasons.InvalidGraph, reasons.InvalidProtobuf)
"""ONNX Runtime's exceptions have no base class of their own."""


class Generator:
    """An open ONNX session of the exported decoder.

    Args:
        model: The folder that `training.export` wrote, or the ONNX file in it.

    Raises:
        ModelError: The file is missing, damaged or was not written by `training.export`.
    """

    def __init__(self, model: Path) -> None:
        path = model / FILE_NAME if model.is_dir() else model
        if not path.is_file():
            raise ModelError(f"{path}: missing. Give the folder that training.export wrote.")
        try:
            self._session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
            facts = self._session.get_modelmeta().custom_metadata_map
            self.mesh: Mesh = parse_mesh(facts["mesh"])
            self._latent_dim = int(facts["latent_dim"])
        except KeyError as err:
            raise ModelError(
                f"{path}: has no entry {err} in its metadata. Export it by training.export."
            ) from err
        except UNLOADABLE as err:
            raise ModelError(f"{path}: ONNX Runtime cannot load it ({err}). Export the model again.") from err

    def draw(self, point: Point, count: int, random: np.random.Generator) -> Floats:
        """Generate showers.

        Returns:
            MeV, shape (count, r, phi, z).
        """
        inputs = np.empty((count, self._latent_dim + CONDITIONS), dtype=np.float32)
        inputs[:, : self._latent_dim] = random.standard_normal((count, self._latent_dim))
        inputs[:, self._latent_dim :] = conditions(point.geometry, point.energy_gev, point.angle_deg)
        (fractions,) = self._session.run(None, {self._session.get_inputs()[0].name: inputs})
        return to_mev(fractions.reshape(count, *self.mesh.shape), point.energy_gev)
