# SPDX-License-Identifier: Apache-2.0
"""A model's folder: declared last, and read back only if it is whole."""

from __future__ import annotations

import json
from pathlib import Path

import fsspec
import jax
import numpy as np
import pytest

from kfp_katib.storage import read_checkpoint, verify
from training.data.files import Place, below, place, put, read
from training.errors import DataError, ModelError
from training.geometry import Mesh
from training.vae import checkpoint
from training.vae.model import VAE
from training.vae.state import Epoch, Progress

CURVE = (Epoch(1, 2.5, 2.0, 0.75), Epoch(2, 1.5, 1.25, 0.5), Epoch(3, 1.0, 1.0, 0.625))


def save(folder: Place, seed: int = 1) -> VAE:
    """Save a model that never trained."""
    model = VAE(Mesh(2, 3, 4), 5, (8, 6), seed)
    checkpoint.save(folder, Progress(model, (), best=model, curve=CURVE), parameters={"lr": 0.1})
    return model


def test_a_saved_model_is_read_back(tmp_path: Path) -> None:
    """Every number and the layers' sizes; the weights' file says by itself what it holds."""
    saved = save(tmp_path / "model")
    loaded = checkpoint.load(tmp_path / "model")
    assert (loaded.mesh, loaded.latent_dim, loaded.hidden) == (Mesh(2, 3, 4), 5, (8, 6))
    pairs = zip(jax.tree.leaves(saved), jax.tree.leaves(loaded), strict=True)
    assert all(np.array_equal(left, right) for left, right in pairs)


def test_the_weights_can_be_read_without_the_declaration(tmp_path: Path) -> None:
    """The winner's files may be copied without model.json."""
    save(tmp_path)
    (tmp_path / "model.json").unlink()
    assert checkpoint.load(tmp_path).hidden == (8, 6)
    assert checkpoint.load(tmp_path / "vae.eqx").hidden == (8, 6)


def test_an_earlier_declaration_is_taken_back_first(tmp_path: Path) -> None:
    """While a trial trains again, its folder holds no model."""
    save(tmp_path)
    checkpoint.clear(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["curves.csv", "vae.eqx"]


def test_the_declaration_replaces_an_earlier_one(tmp_path: Path) -> None:
    """The checksum is that of the new weights, and no half-written file is left."""
    save(tmp_path, seed=1)
    first = json.loads((tmp_path / "model.json").read_text())
    save(tmp_path, seed=2)
    second = json.loads((tmp_path / "model.json").read_text())
    assert first["files"]["vae.eqx"]["sha256"] != second["files"]["vae.eqx"]["sha256"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["curves.csv", "model.json", "vae.eqx"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not JSON\n",
        b"[]\n",
        b'{"format": 2}\n',
        b'{"format": 2, "mesh": [2, 3, 4], "hidden": [8, 6]}\n',
        b'{"format": 2, "mesh": [2, 3, 4], "hidden": 8, "latent_dim": 5}\n',
        b'{"format": 2, "mesh": [2, 3, 4], "hidden": [8, 6], "latent_dim": 5}\n',
        b'{"format": 2, "mesh": [2, 3, 4], "hidden": [8, 6], "latent_dim": 5}\nrubbish',
    ],
    ids=["empty", "text", "list", "no mesh", "no latent size", "one width", "no weights", "other weights"],
)
def test_a_damaged_model_is_refused(tmp_path: Path, content: bytes) -> None:
    """The message names the file and what to do."""
    (tmp_path / "vae.eqx").write_bytes(content)
    with pytest.raises(ModelError, match=r"vae\.eqx: not a model of this package, or damaged"):
        checkpoint.load(tmp_path)


@pytest.mark.parametrize(
    ("header", "seen"),
    [(b'{"mesh": [2, 3, 4], "latent_dim": 5}\n', 1), (b'{"format": 3, "mesh": [2, 3, 4]}\n', 3)],
    ids=["earlier", "later"],
)
def test_another_format_is_not_called_damage(tmp_path: Path, header: bytes, seen: int) -> None:
    """A model that an earlier or later version wrote is whole, but not ours to read."""
    (tmp_path / "vae.eqx").write_bytes(header)
    with pytest.raises(ModelError, match=rf"vae\.eqx: has format {seen}, this version reads 2\. Train it"):
        checkpoint.load(tmp_path)


def test_the_weights_say_how_they_were_trained(tmp_path: Path) -> None:
    """A file that lost its folder still tells its hyperparameters."""
    save(tmp_path)
    with (tmp_path / "vae.eqx").open("rb") as file:
        header = json.loads(file.readline())
    assert header["parameters"] == {"lr": 0.1}
    assert (header["mesh"], header["latent_dim"], header["hidden"]) == ([2, 3, 4], 5, [8, 6])


def test_the_learning_curves_are_declared(tmp_path: Path) -> None:
    """One row for each epoch, the metrics of the best one in model.json."""
    save(tmp_path)
    assert (tmp_path / "curves.csv").read_text().splitlines() == [
        "epoch,loss,val_loss,physics_distance",
        "1,2.5,2.0,0.75",
        "2,1.5,1.25,0.5",
        "3,1.0,1.0,0.625",
    ]
    declared = json.loads((tmp_path / "model.json").read_text())
    assert set(declared["files"]) == {"vae.eqx", "curves.csv"}
    assert declared["epoch"] == 2
    assert declared["metrics"] == {"loss": 1.5, "val_loss": 1.25, "physics_distance": 0.5}


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


def test_a_bucket_is_a_place_for_a_model(bucket: str) -> None:
    """In place of what an earlier attempt declared; what is read back is whole."""
    files, _ = fsspec.core.url_to_fs(bucket)
    files.pipe_file(f"{bucket}/models/trial/model.json", b"old")
    checkpoint.clear(f"{bucket}/models/trial")
    assert not files.exists(f"{bucket}/models/trial/model.json")
    save(f"{bucket}/models/trial")
    verify(read_checkpoint(f"{bucket}/models/trial"))
    found = {name.rsplit("/", 1)[-1] for name in files.find(f"{bucket}/models/trial")}
    assert found == {"vae.eqx", "curves.csv", "model.json"}


@pytest.mark.parametrize("kind", ["", "local://", "s3://"], ids=["folder", "store with folders", "bucket"])
@pytest.mark.parametrize("whole", [0, 1, 2])
def test_a_model_whose_upload_breaks_off_does_not_count(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, whole: int
) -> None:
    """The declaration goes last; a retry delivers the whole of it."""
    root = request.getfixturevalue("bucket") if kind == "s3://" else f"{kind}{tmp_path}"
    where = place(f"{root}/trial")
    done: list[str] = []

    def broken(source: Path, where: Place, name: str) -> None:
        if len(done) == whole:
            raise ConnectionError
        done.append(name)
        put(source, where, name)

    save(where)
    monkeypatch.setattr("training.vae.checkpoint.put", broken)
    with pytest.raises(ConnectionError):
        save(where, seed=2)
    assert read(below(where, "model.json")) is None
    monkeypatch.setattr("training.vae.checkpoint.put", put)
    save(where, seed=2)
    verify(read_checkpoint(str(where).replace("local://", "")))


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("nosuch://models", "nosuch://models: no package here reads nosuch://"),
        ("s3://nowhere-at-all/x", "there is no bucket 'nowhere-at-all'"),
    ],
)
@pytest.mark.usefixtures("bucket")
def test_what_cannot_be_written_to_is_refused_before_the_training(address: str, message: str) -> None:
    """Not when it is over."""
    with pytest.raises(DataError, match=message):
        checkpoint.clear(address)
