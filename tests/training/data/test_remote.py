# SPDX-License-Identifier: Apache-2.0
"""Addresses in place of folders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer
from s3fs import S3FileSystem

from training.data.remote import delivered, fetched
from training.errors import DataError


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty bucket on a real S3 server in this process, found as a trial's pod would find it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tests")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "tests")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    boto3.client("s3").create_bucket(Bucket="showers")
    yield "s3://showers"
    S3FileSystem.clear_instance_cache()
    server.stop()


def test_a_folder_is_used_as_it_is(tmp_path: Path) -> None:
    """Nothing is copied."""
    with fetched(str(tmp_path)) as source, delivered(str(tmp_path), last="model.json") as target:
        assert (source, target) == (tmp_path, tmp_path)


def test_an_address_is_fetched_with_its_folders(tmp_path: Path) -> None:
    """The layout below it is kept."""
    (tmp_path / "SiW").mkdir()
    (tmp_path / "SiW/a.h5").write_text("data")
    with fetched(f"file://{tmp_path}") as folder:
        assert folder != tmp_path
        assert (folder / "SiW/a.h5").read_text() == "data"


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


def test_a_bucket_is_an_address(bucket: str, tmp_path: Path) -> None:
    """Delivered to an S3 server and fetched from it, folders and all."""
    import fsspec

    with delivered(f"{bucket}/models/trial", last="model.json") as folder:
        (folder / "model.json").write_text("declared")
        (folder / "weights").write_text("weights")
    files, _ = fsspec.core.url_to_fs(bucket)
    files.pipe_file(f"{bucket}/models/SiW/a.h5", b"data")
    with fetched(f"{bucket}/models") as folder:
        found = {
            str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()
        }
    assert found == {"trial/model.json": "declared", "trial/weights": "weights", "SiW/a.h5": "data"}


def test_an_address_where_nothing_lies_is_refused(tmp_path: Path) -> None:
    """Before anything is trained."""
    with pytest.raises(DataError, match="nothing lies there"), fetched(f"file://{tmp_path}/none"):
        pass
