# SPDX-License-Identifier: Apache-2.0
"""A model that answers to every condition, written as a training writes it, and its export."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import onnx
import pytest

from training.export import export
from training.geometry import Mesh
from training.scaling import Floats
from training.vae import checkpoint
from training.vae.model import VAE, starting_at
from training.vae.state import Epoch, Progress

MESH = Mesh(4, 5, 9)
LATENT, HIDDEN = 3, (12, 7)
"""Neither the published mesh, nor latent size, nor layers."""


@dataclass(frozen=True)
class Exported:
    """A trained decoder, its folder, the folder that its export made and what the export told."""

    vae: VAE
    model: Path
    folder: Path
    told: dict[str, str | int | float]

    @property
    def path(self) -> Path:
        """The ONNX file."""
        return self.folder / "Generator.onnx"

    @property
    def proto(self) -> onnx.ModelProto:
        """A copy of the ONNX file's content, to be changed."""
        return onnx.load(self.path)

    def decode(self, latent: Floats, conditions: Floats) -> Floats:
        """What was trained, by JAX: fractions of the incident energy, shape (n, r, phi, z)."""
        inputs = jnp.asarray(np.concatenate([latent, conditions], axis=1))
        return np.asarray(jax.nn.sigmoid(self.vae.decode(inputs, False)[0])).reshape(-1, *MESH.shape)


def decoder() -> VAE:
    """A decoder around a plausible mean shower, whose kernels are wide enough for conditions to matter."""
    r, phi, z = np.meshgrid(*(np.arange(count) + 0.5 for count in MESH.shape), indexing="ij")
    mean = np.exp(-2.0 * r) * (1.5 + np.cos(phi)) * z**2 * np.exp(-z)
    started = starting_at(
        VAE(MESH, LATENT, HIDDEN, seed=4), (mean / mean.sum()).reshape(-1).astype(np.float32)
    )
    kernels = [block.dense.kernel for block in started.decoder]
    wide: VAE = eqx.tree_at(
        lambda vae: [block.dense.kernel for block in vae.decoder],
        started,
        [10.0 * kernel for kernel in kernels],
    )
    return wide


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """The decoder, exported."""
    folder = tmp_path_factory.mktemp("par04")
    vae = decoder()
    trained = Progress(vae, (), best=vae, curve=(Epoch(1, 1.0, 1.0, 1.0),))
    checkpoint.save(folder / "model", trained, parameters={})
    exported = folder / "exported"
    return Exported(vae, folder / "model", exported, export(folder / "model", exported))
