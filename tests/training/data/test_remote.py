# SPDX-License-Identifier: Apache-2.0
"""Models are delivered to addresses as they are to folders: all of it, and the declaration last."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.data.remote import delivered
from training.errors import DataError


def test_a_folder_is_used_as_it_is(tmp_path: Path) -> None:
    """Nothing is copied."""
    with delivered(str(tmp_path), last="model.json") as target:
        assert target == tmp_path


def test_an_address_that_no_package_knows_is_refused_at_the_start() -> None:
    """Not when the training is over."""
    with (
        pytest.raises(DataError, match="nosuch://models: no package here reads nosuch://"),
        delivered("nosuch://models", last="model.json"),
    ):
        raise AssertionError("trained for nothing")


def test_files_are_delivered_when_all_went_well(tmp_path: Path) -> None:
    """The declaration of an earlier attempt is gone while the new one is made."""
    (tmp_path / "model.json").write_text("old")
    with delivered(f"file://{tmp_path}", last="model.json") as folder:
        assert not (tmp_path / "model.json").exists()
        (folder / "model.json").write_text("new")
        (folder / "weights").write_text("weights")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "model.json": "new",
        "weights": "weights",
    }


def test_the_declaration_is_delivered_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sees it can read what it names."""
    from fsspec.implementations.local import LocalFileSystem

    order = []
    put_file = LocalFileSystem.put_file

    def noted(self: LocalFileSystem, source: str, target: str, **options: object) -> None:
        order.append(Path(target).name)
        put_file(self, source, target, **options)

    monkeypatch.setattr(LocalFileSystem, "put_file", noted)
    with delivered(f"file://{tmp_path}", last="model.json") as folder:
        for name in ("a", "model.json", "z"):
            (folder / name).touch()
    assert order == ["a", "z", "model.json"]


def test_a_failed_training_delivers_nothing(tmp_path: Path) -> None:
    """Half a model is no model."""

    def fail() -> None:
        with delivered(f"file://{tmp_path}", last="model.json") as folder:
            (folder / "weights").touch()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_bucket_is_an_address(bucket: str) -> None:
    """Delivered to an S3 server, in place of what an earlier attempt declared."""
    import fsspec

    files, _ = fsspec.core.url_to_fs(bucket)
    files.pipe_file(f"{bucket}/models/trial/model.json", b"old")
    with delivered(f"{bucket}/models/trial", last="model.json") as folder:
        assert not files.exists(f"{bucket}/models/trial/model.json")
        (folder / "model.json").write_text("declared")
        (folder / "weights").write_text("weights")
    found = {name.rsplit("/", 1)[-1]: files.cat_file(name) for name in files.find(f"{bucket}/models/trial")}
    assert found == {"model.json": b"declared", "weights": b"weights"}
