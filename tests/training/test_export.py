# SPDX-License-Identifier: Apache-2.0
"""The ONNX file is what Geant4's Par04 loads, and computes what was trained."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import equinox as eqx
import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest

from tests.training.conftest import Run
from training.errors import ModelError
from training.export import export, to_onnx
from training.vae import checkpoint
from training.vae.model import VAE


def session(folder: Path) -> onnxruntime.InferenceSession:
    """Open the exported model."""
    return onnxruntime.InferenceSession(str(folder / "Generator.onnx"), providers=["CPUExecutionProvider"])


def test_the_model_has_one_input_and_one_output(exported: Path) -> None:
    """Par04 feeds one tensor of 14 = 10 latent + 4 conditions, one shower or many."""
    opened = session(exported)
    assert [(node.name, node.shape, node.type) for node in opened.get_inputs()] == [
        ("input", ["batch", 14], "tensor(float)")
    ]
    assert [(node.name, node.shape) for node in opened.get_outputs()] == [("cells", ["batch", 180])]


def test_it_computes_what_numpy_computes_from_the_weights(trained: Run, exported: Path) -> None:
    """Written out without JAX and without ONNX."""
    model = checkpoint.load(trained.model)
    inputs = np.random.default_rng(3).standard_normal((50, 14)).astype(np.float32)
    (cells,) = session(exported).run(None, {"input": inputs})
    assert np.abs(cells - _by_hand(model, inputs)).max() < 1e-5


def test_one_shower_is_the_same_alone_and_among_others(exported: Path) -> None:
    """Normalisation uses stored statistics, not the batch."""
    opened = session(exported)
    inputs = np.random.default_rng(3).standard_normal((50, 14)).astype(np.float32)
    (together,) = opened.run(None, {"input": inputs})
    (alone,) = opened.run(None, {"input": inputs[:1]})
    assert alone[0] == pytest.approx(together[0], abs=1e-6)


def test_the_output_are_fractions(exported: Path) -> None:
    """Each cell between 0 and 1; together about the whole energy for conditions that were trained."""
    inputs = np.zeros((1, 14), dtype=np.float32)
    inputs[0, 10:] = [64 / 1024, 1.0, 0.0, 1.0]
    (cells,) = session(exported).run(None, {"input": inputs})
    assert ((cells >= 0.0) & (cells <= 1.0)).all()
    assert cells.sum() == pytest.approx(1.0, abs=0.2)


def test_the_metadata_say_what_it_is(trained: Run, tmp_path: Path) -> None:
    """Text and finite numbers, of which the file itself has all that hold on any machine."""
    metadata = export(trained.model, tmp_path)
    assert all(
        isinstance(v, str) or (type(v) in (int, float) and math.isfinite(v)) for v in metadata.values()
    )
    props = {prop.key: prop.value for prop in onnx.load(tmp_path / "Generator.onnx").metadata_props}
    told = {name: f"{v:.7g}" if isinstance(v, float) else str(v) for name, v in metadata.items()}
    assert props == {name: told[name] for name in props}
    assert (
        props.items()
        >= {
            "framework": "onnx",
            "signature": "input[batch,14] -> cells[batch,180]",
            "input": "10 latent (standard normal), energy/1024 GeV, angle/90 deg, "
            "geometry SciPb [1, 0], SiW [0, 1]",
            "output": "cell energy / incident energy, order r, phi, z",
            "multiply_by": "incident energy in MeV, once",
            "latent_dim": "10",
            "condition_dim": "4",
            "max_energy_mev": "1024000",
            "max_angle_deg": "90",
            "geometry_order": "SciPb, SiW",
            "mesh": "4x5x9",
            "cells_SciPb": "r 18 mm, phi 1/5 from -180 deg, z 28 mm",
            "cells_SiW": "r 10.4625 mm, phi 1/5 from -180 deg, z 17 mm",
            "opset": "13",
        }.items()
    )
    assert 0.0 <= float(props["max_difference_to_jax"]) < 1e-5


def test_size_and_time_are_told(trained: Run, tmp_path: Path) -> None:
    """They are this machine's, so the file does not have them."""
    metadata = export(trained.model, tmp_path)
    path = tmp_path / str(metadata["file"])
    assert metadata["bytes"] == path.stat().st_size
    assert float(metadata["ms_per_shower"]) > 0.0
    props = {prop.key for prop in onnx.load(path).metadata_props}
    assert not props & {"bytes", "ms_per_shower"}


def test_everything_for_geant4_and_the_report_lies_in_one_folder(trained: Run, tmp_path: Path) -> None:
    """The model, the macro, and the training's curves."""
    export(trained.model, tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["Generator.onnx", "curves.csv", "par04.mac"]
    assert (tmp_path / "curves.csv").read_bytes() == (trained.model / "curves.csv").read_bytes()


@pytest.mark.parametrize(("bias", "message"), [(1.0, r"by 0\.\d+ in a cell"), (np.nan, "by nan in a cell")])
def test_what_jax_does_not_compute_is_not_exported(
    trained: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bias: float, message: str
) -> None:
    """A graph of other weights, or of none, does not reach the destination."""

    def changed(vae: VAE) -> onnx.ModelProto:
        return to_onnx(eqx.tree_at(lambda v: v.output.bias, vae, vae.output.bias + bias))

    monkeypatch.setattr("training.export.to_onnx", changed)
    with pytest.raises(ModelError, match=f"differs from JAX {message}"):
        export(trained.model, tmp_path / "exported")
    assert not (tmp_path / "exported").exists()


def test_an_old_onnx_runtime_can_load_it(exported: Path) -> None:
    """Par04's README names ONNX Runtime 1.11, which knows opset 16 and IR version 8."""
    proto = onnx.load(exported / "Generator.onnx")
    assert proto.ir_version <= 8
    assert [(entry.domain, entry.version <= 16) for entry in proto.opset_import] == [("", True)]


def test_the_command_refuses_a_missing_model_without_a_traceback(tmp_path: Path) -> None:
    """Exit code 2 and one line."""
    command = [sys.executable, "-m", "training.export", f"--model={tmp_path}", f"--destination={tmp_path}/x"]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (finished.returncode, finished.stderr.count("\n")) == (2, 1)
    assert not (tmp_path / "x").exists()


def test_a_missing_model_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    """No empty folder looks like an export."""
    with pytest.raises(ModelError, match="missing"):
        export(tmp_path, tmp_path / "exported")
    assert not (tmp_path / "exported").exists()


def _by_hand(model: VAE, inputs: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """The decoder in NumPy: leaky ReLU of slope 0.2, epsilon 1e-3 under the root."""
    x = inputs.astype(np.float64)
    for block in model.decoder:
        x = x @ np.asarray(block.dense.kernel) + np.asarray(block.dense.bias)
        x = np.where(x > 0.0, x, 0.2 * x)
        x = (x - np.asarray(block.mean)) / np.sqrt(np.asarray(block.variance) + 1e-3)
        x = x * np.asarray(block.scale) + np.asarray(block.shift)
    x = x @ np.asarray(model.output.kernel) + np.asarray(model.output.bias)
    return np.asarray(1.0 / (1.0 + np.exp(-x)))
