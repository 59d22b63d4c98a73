# SPDX-License-Identifier: Apache-2.0
"""A model's folder: declared last, and read back only if it is whole."""

from __future__ import annotations

import json
from pathlib import Path

import jax
import numpy as np
import pytest

from training.errors import ModelError
from training.vae import checkpoint
from training.vae.model import VAE, Architecture

ARCHITECTURE = Architecture((2, 3, 4), 5)


def save(folder: Path, seed: int = 1) -> VAE:
    """Save a model that never trained."""
    model = VAE(ARCHITECTURE, seed)
    checkpoint.save(folder, model, ARCHITECTURE, epoch=3, metrics={"val_loss": 1.5}, parameters={"lr": 0.1})
    return model


def test_a_saved_model_is_read_back(tmp_path: Path) -> None:
    """Every number and the architecture; the weights' file says by itself what it holds."""
    saved = save(tmp_path / "model")
    loaded, architecture = checkpoint.load(tmp_path / "model")
    assert architecture == ARCHITECTURE
    pairs = zip(jax.tree.leaves(saved), jax.tree.leaves(loaded), strict=True)
    assert all(np.array_equal(left, right) for left, right in pairs)


def test_the_weights_can_be_read_without_the_declaration(tmp_path: Path) -> None:
    """The winner's files may be copied without model.json."""
    save(tmp_path)
    (tmp_path / "model.json").unlink()
    assert checkpoint.load(tmp_path)[1] == ARCHITECTURE
    assert checkpoint.load(tmp_path / "vae.eqx")[1] == ARCHITECTURE


def test_an_earlier_declaration_is_taken_back_first(tmp_path: Path) -> None:
    """While a trial trains again, its folder holds no model."""
    save(tmp_path)
    checkpoint.clear(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["vae.eqx"]


def test_the_declaration_replaces_an_earlier_one(tmp_path: Path) -> None:
    """The checksum is that of the new weights, and no half-written file is left."""
    save(tmp_path, seed=1)
    first = json.loads((tmp_path / "model.json").read_text())
    save(tmp_path, seed=2)
    second = json.loads((tmp_path / "model.json").read_text())
    assert first["files"]["vae.eqx"]["sha256"] != second["files"]["vae.eqx"]["sha256"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.json", "vae.eqx"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not JSON\n",
        b"[]\n",
        b'{"mesh": [2, 3, 4]}\n',
        b'{"mesh": [2, 3, 4], "latent_dim": 5}\n',
        b'{"mesh": [2, 3, 4], "latent_dim": 5}\nrubbish',
    ],
    ids=["empty", "text", "list", "no latent size", "no weights", "other weights"],
)
def test_a_damaged_model_is_refused(tmp_path: Path, content: bytes) -> None:
    """The message names the file and what to do."""
    (tmp_path / "vae.eqx").write_bytes(content)
    with pytest.raises(ModelError, match=r"vae\.eqx: not a model of this package, or damaged"):
        checkpoint.load(tmp_path)


def test_half_a_model_is_refused(tmp_path: Path) -> None:
    """A copy that broke off."""
    save(tmp_path)
    content = (tmp_path / "vae.eqx").read_bytes()
    (tmp_path / "vae.eqx").write_bytes(content[: len(content) // 2])
    with pytest.raises(ModelError, match="damaged"):
        checkpoint.load(tmp_path)


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    """A wrong folder is not a damaged model."""
    with pytest.raises(ModelError, match=r"vae\.eqx: missing"):
        checkpoint.load(tmp_path)
