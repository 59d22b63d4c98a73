# SPDX-License-Identifier: Apache-2.0
"""A checkpoint is read where it lies, and is whole or no checkpoint at all."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from kfp_katib.errors import InputError, NoCheckpoint, StorageError
from kfp_katib.storage import read_checkpoint, verify
from tests.storage.models import WEIGHTS, write_files, write_model


def test_a_whole_model_is_read_from_any_store(root: str, endpoint: str) -> None:
    """Its files, and where it lies."""
    write_model(f"{root}/t1", endpoint_url=endpoint)
    found = read_checkpoint(f"{root}/t1", endpoint_url=endpoint)
    assert (found.uri, {file.name for file in found.files}) == (f"{root}/t1", set(WEIGHTS))
    verify(found, endpoint_url=endpoint)


def test_a_folder_without_a_list_holds_no_model(root: str, endpoint: str) -> None:
    """The trial was stopped before it wrote model.json."""
    write_files(f"{root}/t1", WEIGHTS, endpoint)
    with pytest.raises(NoCheckpoint, match=r"model\.json.* is not there"):
        read_checkpoint(f"{root}/t1", endpoint_url=endpoint)


def test_a_missing_file_is_named(root: str, endpoint: str) -> None:
    """A list alone is no model."""
    write_model(f"{root}/t1", endpoint_url=endpoint)
    write_files(
        f"{root}/t2",
        {"model.json": b'{"files": {"w": {"sha256": "%s", "bytes": 1}}}' % (b"0" * 64)},
        endpoint,
    )
    with pytest.raises(NoCheckpoint, match=r"t2/w.* is not there"):
        read_checkpoint(f"{root}/t2", endpoint_url=endpoint)


def test_a_file_of_another_size_is_refused(root: str, endpoint: str) -> None:
    """Both sizes stand in the message."""
    write_model(f"{root}/t1", endpoint_url=endpoint)
    write_files(f"{root}/t1", {"weights.bin": b"we"}, endpoint)
    with pytest.raises(NoCheckpoint, match=r"weights\.bin has 2 bytes, but model\.json says 7"):
        read_checkpoint(f"{root}/t1", endpoint_url=endpoint)


def test_verify_finds_a_changed_byte(root: str, endpoint: str) -> None:
    """The size is right, so only the checksum tells."""
    write_model(f"{root}/t1", endpoint_url=endpoint)
    found = read_checkpoint(f"{root}/t1", endpoint_url=endpoint)
    write_files(f"{root}/t1", {"weights.bin": b"WEIGHTS"}, endpoint)
    with pytest.raises(NoCheckpoint, match=r"weights\.bin is damaged: sha256 [0-9a-f]{64} and 7 bytes"):
        verify(found, endpoint_url=endpoint)


@pytest.mark.parametrize("name", ["model.json", "weights.bin", "sub"])
def test_symbolic_links_are_not_followed(tmp_path: Path, name: str) -> None:
    """A link in a trial's folder could make us read, and hand on, any file that the step can."""
    write_model(str(tmp_path / "t1"))
    (tmp_path / "t1" / name).rename(tmp_path / "elsewhere")
    (tmp_path / "t1" / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NoCheckpoint, match="symbolic link"):
        read_checkpoint(tmp_path / "t1")


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    """Reading one would wait forever."""
    write_model(str(tmp_path / "t1"))
    (tmp_path / "t1" / "weights.bin").unlink()
    os.mkfifo(tmp_path / "t1" / "weights.bin")
    with pytest.raises(NoCheckpoint, match=r"weights\.bin is not a regular file"):
        read_checkpoint(tmp_path / "t1")


def test_a_file_uri_is_a_plain_folder(tmp_path: Path) -> None:
    """`file://` with its escapes names the same folder."""
    write_model(str(tmp_path / "my models" / "t1"))
    assert read_checkpoint(f"file://{tmp_path}/my%20models/t1").uri == str(tmp_path / "my models" / "t1")


def test_the_address_of_the_server_may_stand_in_the_environment(
    bucket: str, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS_ENDPOINT_URL, as the AWS tools read it; and minio:// is how Kubeflow Pipelines writes s3://."""
    write_model(f"{bucket}/t1", endpoint_url=endpoint)
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    assert read_checkpoint(f"{bucket}/t1".replace("s3://", "minio://")).uri == f"{bucket}/t1"


def test_a_server_that_is_not_there_is_no_missing_model(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trouble with the store stands: the next best trial would be no better off."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(StorageError, match=r"reading s3://.*Check the address") as caught:
        read_checkpoint(f"{bucket}/t1", endpoint_url="http://127.0.0.1:9")
    assert not isinstance(caught.value, NoCheckpoint)


@pytest.mark.parametrize(
    ("uri", "message"),
    [("", "is empty"), ("  ", "is empty"), ("nosuch://models", r"Nothing here reaches nosuch://")],
)
def test_an_address_that_names_no_store_is_refused(uri: str, message: str) -> None:
    """Bad input, said before anything is read."""
    with pytest.raises(InputError, match=message):
        read_checkpoint(uri)


def test_a_store_whose_package_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """gs:// needs a package that we do not bring."""
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    with pytest.raises(StorageError, match="gs:// needs a package that is missing here"):
        read_checkpoint("gs://bucket/models")
