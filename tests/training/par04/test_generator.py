# SPDX-License-Identifier: Apache-2.0
"""The generator draws showers of an exported model, in batches that nobody sees."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest

from tests.training.par04.conftest import LATENT, MESH, Exported
from training.errors import ModelError
from training.par04 import generator
from training.par04.generator import Generator
from training.scaling import Floats, conditions


def told(count: int) -> Floats:
    """Conditions of so many showers, all different."""
    return conditions("SciPb", np.geomspace(1.0, 1024.0, count), 70.0)


def test_a_row_of_conditions_becomes_a_shower(made: Exported) -> None:
    """Fractions of the incident energy, shape (n, r, phi, z)."""
    showers = Generator(made.folder).draw(told(7), np.random.default_rng(0))
    assert showers.shape == (7, *MESH.shape)
    assert ((showers > 0.0) & (showers < 1.0)).all()


def test_latent_numbers_are_standard_normal(made: Exported) -> None:
    """Drawn with NumPy's generator, in order, and decoded as JAX does."""
    latent = np.random.default_rng(5).standard_normal((7, LATENT)).astype(np.float32)
    expected = made.decode(latent, told(7))
    drawn = Generator(made.folder).draw(told(7), np.random.default_rng(5))
    assert drawn == pytest.approx(expected, rel=1e-4, abs=1e-7)


def test_batches_do_not_change_the_showers(made: Exported, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two showers in a call, or all."""
    together = Generator(made.folder).draw(told(7), np.random.default_rng(0))
    monkeypatch.setattr(generator, "BATCH_BYTES", 2 * MESH.cells * 4)
    assert Generator(made.folder).draw(told(7), np.random.default_rng(0)) == pytest.approx(together, rel=1e-5)


def test_no_conditions_are_no_showers(made: Exported) -> None:
    """An empty point of a data set is no error."""
    empty = Generator(made.folder).draw(told(7)[:0], np.random.default_rng(0))
    assert empty.shape == (0, *MESH.shape)


def test_a_seed_draws_the_showers_again(made: Exported) -> None:
    """And another one draws others."""
    opened = Generator(made.folder, threads=1)
    one, same, other = (opened.draw(told(3), np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_it_knows_what_it_is(made: Exported) -> None:
    """From the file's own metadata."""
    opened = Generator(made.folder)
    assert (opened.mesh, opened.latent_dim) == (MESH, LATENT)
    assert opened.facts["multiply_by"] == "incident energy in MeV, once"


def test_one_file_of_the_folder_can_be_named(made: Exported) -> None:
    """Instead of the folder."""
    assert Generator(made.folder / "Generator.onnx").facts == Generator(made.folder).facts


def test_a_missing_model_is_refused(tmp_path: Path) -> None:
    """With the folder to give."""
    with pytest.raises(ModelError, match=r"Generator\.onnx: missing\. Give the folder"):
        Generator(tmp_path)


def test_a_damaged_model_is_refused(made: Exported, tmp_path: Path) -> None:
    """Half of a file."""
    content = made.path.read_bytes()
    (tmp_path / "Generator.onnx").write_bytes(content[: len(content) // 2])
    with pytest.raises(ModelError, match="ONNX Runtime cannot load it"):
        Generator(tmp_path)


def test_a_model_of_somebody_else_is_refused(made: Exported, tmp_path: Path) -> None:
    """Without metadata there is no mesh to lay the cells on."""
    proto = made.proto
    del proto.metadata_props[:]
    onnx.save(proto, tmp_path / "Generator.onnx")
    with pytest.raises(ModelError, match="no entry 'mesh' in its metadata"):
        Generator(tmp_path)


def test_generating_needs_no_jax() -> None:
    """Whoever evaluates or checks an exported model waits for NumPy and ONNX Runtime alone."""
    code = "import sys, training.par04.inference; sys.exit('jax' in sys.modules or 'onnx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
