# SPDX-License-Identifier: Apache-2.0
"""gs:// is an address like the others, whether a model goes there or data come from there."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from kfp_katib.storage import read_checkpoint, verify
from tests.training.conftest import training_command, training_environment
from training.data.files import filesystem, hdf5_files, put, size
from training.errors import DataError
from training.vae import checkpoint


def test_published_files_are_found(gcs_bucket: str, tmp_path: Path) -> None:
    """In the folder and one below it, as in every other store."""
    (tmp_path / "file").write_text("showers")
    for name in ("a.h5", "b/c.h5", "b/c.txt"):
        put(tmp_path / "file", f"{gcs_bucket}/data", name)
    assert hdf5_files(f"{gcs_bucket}/data") == (f"{gcs_bucket}/data/a.h5", f"{gcs_bucket}/data/b/c.h5")


@pytest.mark.usefixtures("gcs_bucket")
def test_a_bucket_that_is_not_there_is_named() -> None:
    """Before anything is trained for it."""
    with pytest.raises(DataError, match=r"there is no bucket 'none'\. Make it"):
        checkpoint.clear("gs://none/x")


def test_a_store_that_does_not_answer_is_no_empty_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an interrupted training has left there is not given up."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:9")
    files, _ = filesystem("gs://b/model")
    monkeypatch.setattr(type(files), "_request", type(files)._request.__wrapped__)  # at once, not six times
    with pytest.raises(DataError, match="gs://b/model/state: cannot be read"):
        size("gs://b/model/state")


def test_a_training_reads_and_writes_there(gcs_bucket: str, dataset: Path) -> None:
    """As a trial does; its model is a whole one, with nothing beside it."""
    for path in (path for path in dataset.rglob("*") if path.is_file()):
        put(path, f"{gcs_bucket}/data", str(path.relative_to(dataset)))
    command = training_command(f"{gcs_bucket}/data", f"{gcs_bucket}/trial", "--epochs=1", "--save_seconds=0")
    subprocess.run(command, env=training_environment(dataset), check=True, timeout=200)
    verify(read_checkpoint(f"{gcs_bucket}/trial"))
    files, root = filesystem(f"{gcs_bucket}/trial")
    assert sorted(name.removeprefix(f"{root}/") for name in files.find(root)) == [
        "curves.csv",
        "model.json",
        "vae.eqx",
    ]
